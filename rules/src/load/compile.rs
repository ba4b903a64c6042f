//! Collected items → rules.

use std::collections::BTreeMap;

use super::collect::{CollectedRule, Collector, Ordered};
use super::exceptions;
use super::item::{ListDef, RuleDef};
use super::lists::Lists;
use super::macros::Macros;
use super::problems::{Context, Problems};
use super::value::{Read, Reported};
use crate::blueprint::{Blueprint, ListPlan, RulePlan};
use crate::check::{Checker, Cond};
use crate::condition::Expr;
use crate::event_types::EventTypes;
use crate::field::FieldScheme;
use crate::report::Code;
use crate::rule::{Rule, RuleId};
use crate::source::MappedText;
use crate::template::Template;

/// A rule that can match more types than this is reported.
const MANY_EVENT_TYPES: usize = 100;

/// The deprecated placeholder that stands for nothing.
const CONTAINER_INFO: &str = "%container.info";

/// Compiles every rule that can be; reports why the others cannot.
pub(super) fn rules(
    collector: &Collector<'_>,
    scheme: &dyn FieldScheme,
    extra_output: &str,
    problems: &mut Problems<'_>,
    mut blueprint: Option<&mut Blueprint>,
) -> Vec<Rule> {
    let mut lists = Lists::new(collector);
    let macros = Macros::new(collector, &mut lists, problems);
    let mut compiler =
        Compiler { collector, scheme, extra_output, lists, macros, checker: Checker::new(scheme), problems };
    let mut rules = Vec::new();
    for CollectedRule { def, source_known } in collector.rules.items.iter().map(|ordered| &ordered.item) {
        if *source_known && let Ok(Some(mut rule)) = compiler.rule(def) {
            rule.0.id = RuleId(u32::try_from(rules.len()).unwrap_or(u32::MAX));
            rules.push(rule.0);
            if let Some(blueprint) = &mut blueprint {
                blueprint.rules.push(rule.1);
            }
        }
    }
    if let Some(blueprint) = blueprint {
        blueprint.lists = lists_as_written(collector);
        blueprint.macros = compiler.macros.as_written();
    }
    compiler.report_unused(collector);
    rules
}

struct Compiler<'c, 'p, 's> {
    collector: &'c Collector<'c>,
    scheme: &'c dyn FieldScheme,
    extra_output: &'c str,
    lists: Lists,
    macros: Macros<'c>,
    checker: Checker<'c>,
    problems: &'p mut Problems<'s>,
}

impl Compiler<'_, '_, '_> {
    /// The rule; `None` if it is to be skipped because it wants what does not exist.
    fn rule(&mut self, def: &RuleDef) -> Read<Option<(Rule, RulePlan)>> {
        let output = self.output(def);
        let folded = if def.exceptions.is_empty() {
            Ok(def.condition.clone())
        } else {
            exceptions::fold(&def.condition, &def.exceptions, self.problems)
        };
        let condition = folded.and_then(|text| self.condition(&text, def));
        let (Some((template, output_text)), Some((parsed, expr, test))) = (output?, condition?) else {
            return Ok(None);
        };
        let event_types = EventTypes::of(&expr, self.scheme).with(&self.scheme.unfiltered_event_types());
        if def.warn_evttypes && event_types.len() > MANY_EVENT_TYPES {
            let message = format!(
                "the condition can match {} event types, so the rule is asked about most events; compare evt.type",
                event_types.len()
            );
            self.problems.add(Code::NoEvttype, &message, None, &def.context);
        }
        let folded = def.exceptions.iter().filter(|exception| !exception.values.is_empty());
        let exceptions =
            folded.map(|exception| (exception.name.clone(), exception.context.place())).collect();
        let rule = Rule {
            id: RuleId(0),
            name: def.name.clone(),
            description: def.description.clone(),
            output: template,
            output_text,
            priority: def.priority,
            tags: def.tags.clone(),
            source: def.source.clone(),
            enabled: def.enabled,
            capture: def.capture.then_some(def.capture_duration),
            exceptions: def.exceptions.iter().map(|exception| exception.name.clone()).collect(),
            location: self.problems.sources.locate(def.context.place()),
            condition_text: def.condition.as_str().to_owned(),
            condition: expr,
            event_types,
            test,
        };
        Ok(Some((rule, RulePlan { condition: parsed, exceptions })))
    }

    fn output(&mut self, def: &RuleDef) -> Read<Option<(Template, String)>> {
        let context = &def.output_context;
        let mut text = def.output.clone();
        text.push(self.extra_output, text.place(text.as_str().len()));
        while let Some(at) = text.as_str().find(CONTAINER_INFO) {
            let message = "%container.info is deprecated and prints nothing; name the fields that are wanted";
            self.problems.add(Code::DeprecatedItem, message, Some(text.place(at)), context);
            let mut without = MappedText::default();
            without.append_range(&text, 0, at);
            without.append_range(&text, at + CONTAINER_INFO.len(), text.as_str().len());
            text = without;
        }
        let mut errors = Vec::new();
        let template = Template::parse_mapped(&text, self.scheme, &mut errors);
        let skip = def.skip_if_unknown_filter && errors.iter().any(|error| error.unknown);
        let code = if skip { Code::UnknownFilter } else { Code::ErrCompileOutput };
        for error in &errors {
            let near = error.suggestion.as_deref();
            self.problems.add_suggesting(code, &error.message, Some(error.place), context, near);
        }
        self.deprecated_output_fields(&template, &text, context);
        match errors.is_empty() {
            true => Ok(Some((template, text.as_str().to_owned()))),
            false if skip => Ok(None),
            false => Err(Reported),
        }
    }

    fn deprecated_output_fields(&mut self, template: &Template, text: &MappedText, context: &Context) {
        for field in template.fields.iter().filter(|field| !field.transformed) {
            let name = field.name.split('[').next().unwrap_or("");
            if let Some(instead) = self.scheme.field(name).and_then(|def| def.deprecated) {
                let message = format!("field `{name}` is deprecated: {instead}");
                let at = text.as_str().find(name).unwrap_or(0);
                self.problems.add_deprecated(name, &message, text.place(at), context);
            }
        }
    }

    /// The condition as parsed, without macros, and ready to be evaluated.
    fn condition(&mut self, text: &MappedText, def: &RuleDef) -> Read<Option<(Expr, Expr, Cond)>> {
        let context = &def.condition_context;
        let parsed = self.lists.parse(text, context, self.problems)?;
        let expr =
            self.macros.expand(&parsed, self.collector.file_end(&def.context), context, self.problems)?;
        let mut warnings = Vec::new();
        let checked = self.checker.condition(&expr, &mut warnings);
        for warning in &warnings {
            let place = warning.place;
            let context = context.within("condition expression", "", place);
            match &warning.deprecated {
                Some(field) => self.problems.add_deprecated(field, &warning.message, place, &context),
                None => {
                    let code = if warning.unsafe_na { Code::UnsafeNaCheck } else { Code::CompileCondition };
                    self.problems.add(code, &warning.message, Some(place), &context);
                }
            }
        }
        let errors = match checked {
            Ok(cond) => return Ok(Some((parsed, expr, cond))),
            Err(errors) => errors,
        };
        let skip = def.skip_if_unknown_filter && errors.iter().any(|error| error.unknown);
        let code = if skip { Code::UnknownFilter } else { Code::ErrCompileCondition };
        for error in &errors {
            let context = context.within("condition expression", "", error.place);
            let near = error.suggestion.as_deref();
            self.problems.add_suggesting(code, &error.message, Some(error.place), &context, near);
        }
        if skip { Ok(None) } else { Err(Reported) }
    }

    /// Warns of lists and macros that nothing refers to.
    fn report_unused(&mut self, collector: &Collector<'_>) {
        for (definition, _) in
            collector.macros.items.iter().zip(self.macros.used()).filter(|(_, used)| !**used)
        {
            let message = format!("no rule or macro refers to macro `{}`", definition.item.name);
            self.problems.add(Code::UnusedMacro, &message, None, &definition.item.context);
        }
        for (definition, _) in collector.lists.items.iter().zip(self.lists.used()).filter(|(_, used)| !used) {
            let message = format!("no rule, macro or list refers to list `{}`", definition.item.name);
            self.problems.add(Code::UnusedList, &message, None, &definition.item.context);
        }
    }
}

fn lists_as_written(collector: &Collector<'_>) -> BTreeMap<String, ListPlan> {
    let list = |list: &Ordered<ListDef>| {
        let items = list.item.items.iter().map(|word| (word.text.clone(), word.place)).collect();
        (list.item.name.clone(), ListPlan { items, place: list.item.context.place() })
    };
    collector.lists.items.iter().map(list).collect()
}
