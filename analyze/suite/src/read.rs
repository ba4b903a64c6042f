//! Suite files → [`Suite`]s, with everything that is wrong with them.
//!
//! First the shape is checked against the schema, then serde reads what fits, then the texts are understood: counts,
//! windows, conditions, field names, paths. What does not fit is left out and reported, so that one run tells of all
//! mistakes. Whether rules of the expected names exist is known only once they are loaded.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use scap_analyze::catalogue::Scheme;
use scap_rules::yaml::{self, Node};
use scap_rules::{Filter, Location, Matching, Priority, Sources, Template, nearest};

use crate::count::Count;
use crate::format::{self, ExpectSpec, OneOrMany, RuleSpec, SuiteFile, TestSpec};
use crate::place::{Broken, Problem};
use crate::rules::{BUILT_IN, RuleFile};
use crate::schema;
use crate::suite::{Expectation, Forbidden, Suite, Test};
use crate::window::Window;

/// Most folders within folders that are searched.
const MAX_DEPTH: usize = 32;

/// The suite files that `path` stands for: itself, or those below it by path (`suite.yaml`, `*.suite.yaml`).
///
/// # Errors
/// If it cannot be read or holds no suite.
pub fn find(path: &Path) -> Result<Vec<PathBuf>, String> {
    if !path.is_dir() {
        return match path.metadata() {
            Ok(_) => Ok(vec![path.to_owned()]),
            Err(error) => Err(format!("cannot open {}: {error}", path.display())),
        };
    }
    let (mut found, mut open) = (Vec::new(), vec![(path.to_owned(), 0)]);
    while let Some((folder, depth)) = open.pop() {
        let unreadable = |error| format!("cannot read folder {}: {error}", folder.display());
        for entry in fs::read_dir(&folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.is_dir() && !path.is_symlink() && depth < MAX_DEPTH {
                open.push((path, depth + 1));
            } else if is_suite(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    if found.is_empty() {
        return Err(format!("no suite (suite.yaml, *.suite.yaml) in {}", path.display()));
    }
    Ok(found)
}

fn is_suite(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
    let stem = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml"));
    stem.is_some_and(|stem| stem == "suite" || stem.ends_with(".suite"))
}

/// Reads the suite in `file`.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read(file: &Path) -> Result<Suite, Broken> {
    let unreadable = |why: String| Broken {
        unreadable: vec![format!("cannot read {}: {why}", file.display())],
        ..Broken::default()
    };
    let bytes = fs::read(file).map_err(|error| unreadable(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8 text".into()))?;
    read_text(file, text)
}

/// Reads `text`, which is or will be that of `file`.
pub(crate) fn read_text(file: &Path, text: String) -> Result<Suite, Broken> {
    let mut sources = Sources::default();
    sources.add(file.display().to_string(), text);
    let mut reader = Reader { file, sources: &sources, bad: HashSet::new(), problems: Vec::new() };
    let suite = reader.suite();
    match suite {
        Some(suite) if reader.problems.is_empty() => Ok(suite),
        _ => {
            let mut problems = reader.problems;
            problems.sort_by_key(|problem| problem.location.offset);
            Err(Broken { problems, ..Broken::default() })
        }
    }
}

struct Reader<'s> {
    file: &'s Path,
    sources: &'s Sources,
    /// Nodes that are left out because they do not fit.
    bad: HashSet<*const Node>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn suite(&mut self) -> Option<Suite> {
        let source = self.sources.file(0)?;
        let documents = match yaml::parse(0, source) {
            Ok(documents) => documents,
            Err(error) => {
                let location = self.sources.locate(error.place)?;
                self.problems.push(Problem::new(format!("not YAML: {}", error.message), location));
                return None;
            }
        };
        let [root] = documents.as_slice() else {
            let location = self.sources.locate(scap_rules::Place { file: 0, offset: 0 })?;
            self.problems
                .push(Problem::new("a suite file holds one document: a mapping with `tests`", location));
            return None;
        };
        for misfit in schema::check(root, &mut self.bad) {
            if let Some(location) = self.sources.locate(misfit.place) {
                self.problems.push(Problem { message: misfit.message, location, near: misfit.near });
            }
        }
        if self.bad.contains(&std::ptr::from_ref(&**root)) {
            return None;
        }
        let spec: SuiteFile = match serde_json::from_value(schema::json(root, &self.bad)) {
            Ok(spec) => spec,
            Err(error) => {
                self.problem(root, format!("not a suite: {error}"));
                return None;
            }
        };
        let tests = self.tests(root, &spec);
        let name = spec.suite.unwrap_or_else(|| name_of(self.file));
        Some(Suite { file: self.file.to_owned(), name, tests })
    }

    fn tests(&mut self, root: &Node, spec: &SuiteFile) -> Vec<Test> {
        let defaults = root.get("defaults");
        let forbid = self.forbid(defaults, &spec.defaults.forbid);
        let filter = self.filter(defaults, spec.defaults.filter.as_deref());
        let rules = defaults.map(|node| self.rules(node, spec.defaults.rules.as_ref())).unwrap_or_default();
        let mut tests = Vec::new();
        for (node, spec_test) in self.items(root, "tests").into_iter().zip(&spec.tests) {
            let mut test = self.test(node, spec_test, &spec.defaults);
            if spec_test.rules.is_none() && !rules.is_empty() {
                test.rules.clone_from(&rules);
                if let Some(at) = defaults.and_then(|node| node.get("rules")) {
                    test.rules_location = self.locate(at);
                }
            }
            if spec_test.filter.is_none() {
                test.filter.clone_from(&filter);
            }
            test.forbid.extend(forbid.iter().cloned());
            if test.expectations() == 0 && test.skip.is_none() {
                let message = "the test asks nothing: give it `expect`, `forbid` or `only: true`";
                self.problem(node, message.into());
            }
            let traces = self.traces(node, &spec_test.trace);
            if matches!(&spec_test.trace, OneOrMany::Many(none) if none.is_empty()) {
                self.problem(node, "`trace` names no trace".into());
            }
            let several = traces.len() > 1;
            for (trace, location) in traces {
                let stem = stem(&trace);
                let name = match &spec_test.name {
                    Some(name) if several => format!("{name} ({stem})"),
                    Some(name) => name.clone(),
                    None => stem,
                };
                tests.push(Test { name, trace, trace_location: location, ..test.clone() });
            }
        }
        tests
    }

    fn test(&mut self, node: &Node, spec: &TestSpec, defaults: &format::Defaults) -> Test {
        let expect = self.items(node, "expect");
        let expect = expect.into_iter().zip(&spec.expect).map(|(node, spec)| self.expectation(node, spec));
        let expect = expect.collect();
        let rules = self.rules(node, spec.rules.as_ref());
        Test {
            name: String::new(),
            location: self.locate(node),
            trace: PathBuf::new(),
            trace_location: self.locate(node),
            rules: if rules.is_empty() { vec![RuleFile::BuiltIn] } else { rules },
            rules_location: self.locate(node.get("rules").unwrap_or(node)),
            matching: match spec.matching.or(defaults.matching) {
                Some(format::Matching::All) => Matching::All,
                Some(format::Matching::First) | None => Matching::First,
            },
            filter: self.filter(Some(node), spec.filter.as_deref()),
            only: spec.only.or(defaults.only).unwrap_or(false),
            expect,
            forbid: self.forbid(Some(node), &spec.forbid),
            skip: spec.skip.clone(),
        }
    }

    fn expectation(&mut self, node: &Node, spec: &ExpectSpec) -> Expectation {
        match spec {
            ExpectSpec::Name(rule) => Expectation {
                rule: rule.clone(),
                location: self.locate(node),
                count: Count::SOME,
                fields: Vec::new(),
                condition: None,
                output: None,
                events: None,
                time: None,
                priority: None,
                tags: Vec::new(),
            },
            ExpectSpec::Full(spec) => self.full_expectation(node, spec),
        }
    }

    fn full_expectation(&mut self, node: &Node, spec: &RuleSpec) -> Expectation {
        let at = |key: &str| node.get(key).unwrap_or(node);
        let count = spec.count.as_ref().map(Count::read);
        let events = spec.event.as_ref().map(Count::read_events);
        let time = spec.time.as_deref().map(Window::read);
        let condition = spec.condition.as_deref().and_then(|text| self.condition(at("where"), text));
        for (key, _) in node.get("fields").and_then(Node::entries).unwrap_or(&[]) {
            self.field_name(key);
        }
        Expectation {
            rule: spec.rule.clone(),
            location: self.locate(at("rule")),
            count: self.understood(at("count"), count).unwrap_or(Count::SOME),
            fields: spec.fields.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            condition,
            output: spec.output.clone(),
            events: self.understood(at("event"), events),
            time: self.understood(at("time"), time),
            priority: spec.priority.as_deref().and_then(|text| self.priority(at("priority"), text)),
            tags: spec.tags.clone(),
        }
    }

    fn understood<T>(&mut self, node: &Node, read: Option<Result<T, String>>) -> Option<T> {
        match read? {
            Ok(value) => Some(value),
            Err(message) => {
                self.problem(node, message);
                None
            }
        }
    }

    fn field_name(&mut self, key: &Node) {
        let Some(name) = key.text() else { return };
        match Template::parse(&format!("%{name}"), &Scheme) {
            Ok(template) if template.segments.len() == 1 && !template.fields.is_empty() => {}
            Ok(_) => self.problem(key, format!("`{name}` is no field: `scap fields` lists them")),
            Err(error) => {
                let location = self.locate(key);
                self.problems.push(Problem { message: error.message, location, near: error.suggestion });
            }
        }
    }

    fn priority(&mut self, node: &Node, text: &str) -> Option<Priority> {
        let priority = Priority::named(text);
        if priority.is_none() {
            let names: Vec<String> = Priority::ALL.iter().map(|p| p.name().to_lowercase()).collect();
            let near = nearest(&text.to_lowercase(), names.iter().map(String::as_str)).map(str::to_owned);
            let message = format!("`{text}` is no priority; there are {}", names.join(", "));
            self.problems.push(Problem { message, location: self.locate(node), near });
        }
        priority
    }

    fn filter(&mut self, node: Option<&Node>, text: Option<&str>) -> Option<Filter> {
        let at = node?.get("filter")?;
        self.condition(at, text?)
    }

    fn condition(&mut self, node: &Node, text: &str) -> Option<Filter> {
        let errors = match Filter::compile(text, &Scheme) {
            Ok(filter) => return Some(filter),
            Err(errors) => errors,
        };
        for error in errors {
            let place =
                node.scalar().zip(self.sources.file(0)).map(|(s, file)| s.place_of(error.offset, 0, file));
            let location =
                self.sources.locate(place.unwrap_or(node.place)).unwrap_or_else(|| self.locate(node));
            self.problems.push(Problem { message: error.message, location, near: error.suggestion });
        }
        None
    }

    fn forbid(&mut self, node: Option<&Node>, names: &[String]) -> Vec<Forbidden> {
        let nodes = node.map(|node| self.items(node, "forbid")).unwrap_or_default();
        let each = nodes.into_iter().zip(names);
        each.map(|(node, rule)| Forbidden { rule: rule.clone(), location: self.locate(node) }).collect()
    }

    fn rules(&mut self, node: &Node, spec: Option<&OneOrMany>) -> Vec<RuleFile> {
        let mut rules = Vec::new();
        for (node, text) in self.texts(node, "rules", spec) {
            if text == BUILT_IN {
                rules.push(RuleFile::BuiltIn);
                continue;
            }
            let path = self.beside(text);
            match RuleFile::all(&path) {
                Ok(files) if path.exists() => rules.extend(files),
                Ok(_) => self.problem(node, format!("there is no rule file {}", path.display())),
                Err(message) => self.problem(node, message),
            }
        }
        rules
    }

    fn traces(&mut self, node: &Node, spec: &OneOrMany) -> Vec<(PathBuf, Location)> {
        let mut traces = Vec::new();
        for (node, text) in self.texts(node, "trace", Some(spec)) {
            let path = self.beside(text);
            match path.metadata() {
                Ok(about) if about.is_dir() => {
                    self.problem(node, format!("{} is a folder; name the traces in it", path.display()));
                }
                Ok(_) => traces.push((path, self.locate(node))),
                Err(error) => {
                    self.problem(node, format!("cannot open the trace {}: {error}", path.display()))
                }
            }
        }
        traces
    }

    /// Each text under `key` with its node.
    fn texts<'n, 't>(
        &self,
        node: &'n Node,
        key: &str,
        spec: Option<&'t OneOrMany>,
    ) -> Vec<(&'n Node, &'t str)> {
        let (Some(node), Some(spec)) = (node.get(key), spec) else { return Vec::new() };
        match spec {
            OneOrMany::One(text) => vec![(node, text)],
            OneOrMany::Many(texts) => {
                let nodes = node.sequence().unwrap_or(&[]).iter().filter(|node| self.fits(node));
                nodes.map(|node| &**node).zip(texts.iter().map(String::as_str)).collect()
            }
        }
    }

    /// What the list under `key` holds, but for what does not fit.
    fn items<'n>(&self, node: &'n Node, key: &str) -> Vec<&'n Node> {
        let items = node.get(key).and_then(Node::sequence).unwrap_or(&[]);
        items.iter().map(|node| &**node).filter(|node| self.fits(node)).collect()
    }

    fn fits(&self, node: &Node) -> bool {
        !self.bad.contains(&std::ptr::from_ref(node))
    }

    /// `text` as a path beside the suite file.
    fn beside(&self, text: &str) -> PathBuf {
        let folder = self.file.parent().unwrap_or(Path::new(""));
        simplified(&folder.join(text))
    }

    fn problem(&mut self, node: &Node, message: String) {
        let location = self.locate(node);
        self.problems.push(Problem::new(message, location));
    }

    fn locate(&self, node: &Node) -> Location {
        let nowhere = Location {
            file: self.file.display().to_string(),
            line: 1,
            column: 1,
            offset: 0,
            text: String::new(),
        };
        self.sources.locate(node.place).unwrap_or(nowhere)
    }
}

/// `path` without `.` and without `x/..`, for people.
fn simplified(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            // Behind a link, `..` is not the folder before it.
            Component::ParentDir
                if matches!(out.components().next_back(), Some(Component::Normal(_)))
                    && !out.is_symlink() =>
            {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}

fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
}

/// Name of a suite that does not say: its folder, or what stands before `.suite.yaml`.
fn name_of(file: &Path) -> String {
    let stem = stem(file);
    match stem.strip_suffix(".suite") {
        Some(name) => name.to_owned(),
        None if stem == "suite" => {
            let folder =
                file.canonicalize().ok().and_then(|file| Some(file.parent()?.file_name()?.to_owned()));
            folder.map_or(stem, |name| name.to_string_lossy().into_owned())
        }
        None => stem,
    }
}
