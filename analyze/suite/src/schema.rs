//! The JSON schema of suite files, and files checked against it.
//!
//! The schema comes from the types of [`format`](crate::format). It is committed for editors, and it is what a file is
//! checked against before serde reads it: serde stops at the first mistake, this tells all of them with their places.
//! It knows as much of JSON schema as those types need.

use std::collections::HashSet;
use std::rc::Rc;

use scap_rules::yaml::{Kind, Node};
use scap_rules::{Place, nearest};
use schemars::generate::SchemaSettings;
use serde_json::Value as Json;

use crate::format::SuiteFile;

/// The schema of suite files, for editors.
#[must_use]
pub fn schema() -> Json {
    let mut schema =
        SchemaSettings::draft07().into_generator().into_root_schema_for::<SuiteFile>().to_value();
    without_null(&mut schema);
    schema
}

/// A key that may be left out is `null` too as far as serde goes. In a suite it is a slip, so the schema says no.
fn without_null(schema: &mut Json) {
    match schema {
        Json::Object(entries) => {
            if let Some(Json::Array(types)) = entries.get("type")
                && let [ty, null] = types.as_slice()
                && null == "null"
            {
                let ty = ty.clone();
                entries.insert("type".to_owned(), ty);
            }
            if let Some(Json::Array(branches)) = entries.get_mut("anyOf") {
                branches.retain(|branch| branch.get("type").is_none_or(|ty| ty != "null"));
            }
            entries.values_mut().for_each(without_null);
        }
        Json::Array(items) => items.iter_mut().for_each(without_null),
        _ => {}
    }
}

/// Something that does not fit.
#[derive(Debug)]
pub(crate) struct Misfit {
    pub(crate) message: String,
    pub(crate) place: Place,
    pub(crate) near: Option<String>,
}

/// All that keeps `node` from being a suite file. What has to be left out in order to read the rest is added to
/// `bad`.
pub(crate) fn check(node: &Node, bad: &mut HashSet<*const Node>) -> Vec<Misfit> {
    let schema = schema();
    let mut checker = Checker { root: &schema, misfits: Vec::new(), bad };
    checker.node(node, &schema, "a suite");
    checker.misfits
}

struct Checker<'s> {
    root: &'s Json,
    misfits: Vec<Misfit>,
    bad: &'s mut HashSet<*const Node>,
}

impl<'s> Checker<'s> {
    /// `what` is what the node is the value of, for messages.
    fn node(&mut self, node: &Node, schema: &'s Json, what: &str) {
        let schema = self.resolved(schema);
        let fitting: Vec<&Json> = self.branches(schema).into_iter().filter(|b| fits(b, node)).collect();
        match fitting.as_slice() {
            [] => {
                let kinds: Vec<&str> =
                    self.branches(schema).into_iter().flat_map(types).map(in_words).collect();
                let found = found(node);
                self.misfit(format!("{what} must be {}, not {found}", kinds.join(" or ")), node.place, None);
                self.leave_out(node);
            }
            [branch, ..] => match &node.kind {
                Kind::Mapping(_) => self.mapping(node, branch, what),
                Kind::Sequence(items) => {
                    let Some(inner) = branch.get("items") else { return };
                    let item = format!("an item of {what}");
                    items.iter().for_each(|node| self.node(node, inner, &item));
                }
                Kind::Scalar(_) | Kind::Null => self.word(node, branch, what),
            },
        }
    }

    fn mapping(&mut self, node: &Node, schema: &'s Json, what: &str) {
        let none = serde_json::Map::new();
        let properties = schema.get("properties").and_then(Json::as_object).unwrap_or(&none);
        let additional = schema.get("additionalProperties");
        let mut seen: Vec<&str> = Vec::new();
        for (key, value) in node.entries().unwrap_or(&[]) {
            let Some(name) = key.text() else {
                self.misfit(format!("a key of {what} must be text"), key.place, None);
                continue;
            };
            if seen.contains(&name) {
                self.misfit(format!("`{name}` is there twice"), key.place, None);
            }
            seen.push(name);
            match (self.property(schema, name), additional) {
                (Some(inner), _) => self.node(value, inner, &format!("`{name}`")),
                (None, Some(Json::Bool(false))) => {
                    let near = nearest(name, properties.keys().map(String::as_str)).map(str::to_owned);
                    let known: Vec<&str> = properties.keys().map(String::as_str).collect();
                    let message = format!("there is no key `{name}` here, only {}", known.join(", "));
                    self.misfit(message, key.place, near);
                    self.leave_out(value);
                }
                (None, Some(inner)) => self.node(value, inner, &format!("`{name}`")),
                (None, None) => {}
            }
        }
        let required = schema.get("required").and_then(Json::as_array);
        for name in required.into_iter().flatten().filter_map(Json::as_str) {
            if !seen.contains(&name) {
                self.misfit(format!("the key `{name}` is missing"), node.place, None);
            }
            if node.get(name).is_none_or(|value| self.bad.contains(&std::ptr::from_ref(value))) {
                self.leave_out(node);
            }
        }
    }

    fn property(&self, schema: &'s Json, name: &str) -> Option<&'s Json> {
        schema.get("properties")?.get(name)
    }

    fn word(&mut self, node: &Node, schema: &Json, what: &str) {
        let Some(text) = node.text() else { return };
        let words: Vec<&str> = match schema.get("enum").and_then(Json::as_array) {
            Some(words) => words.iter().filter_map(Json::as_str).collect(),
            None => return,
        };
        if !words.contains(&text) {
            let near = nearest(text, words.iter().copied()).map(str::to_owned);
            self.misfit(format!("{what} is {}, not `{text}`", words.join(" or ")), node.place, near);
            self.leave_out(node);
        }
    }

    /// `schema`, or what it refers to.
    fn resolved(&self, schema: &'s Json) -> &'s Json {
        let refers = schema.get("$ref").or_else(|| schema.get("allOf")?.get(0)?.get("$ref"));
        let Some(path) = refers.and_then(Json::as_str) else { return schema };
        path.strip_prefix('#').and_then(|path| self.root.pointer(path)).unwrap_or(schema)
    }

    /// What a value may be, one by one.
    fn branches(&self, schema: &'s Json) -> Vec<&'s Json> {
        match schema.get("anyOf").and_then(Json::as_array) {
            None => vec![schema],
            Some(branches) => {
                let resolved = branches.iter().map(|branch| self.resolved(branch));
                resolved.flat_map(|branch| self.branches(branch)).collect()
            }
        }
    }

    fn leave_out(&mut self, node: &Node) {
        self.bad.insert(std::ptr::from_ref(node));
    }

    fn misfit(&mut self, message: String, place: Place, near: Option<String>) {
        self.misfits.push(Misfit { message, place, near });
    }
}

fn types(schema: &Json) -> impl Iterator<Item = &str> {
    let ty = schema.get("type");
    let one = ty.and_then(Json::as_str);
    let many = ty.and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str);
    one.into_iter().chain(many)
}

fn fits(schema: &Json, node: &Node) -> bool {
    let value = match &node.kind {
        Kind::Mapping(_) => return types(schema).any(|ty| ty == "object"),
        Kind::Sequence(_) => return types(schema).any(|ty| ty == "array"),
        Kind::Null => Json::Null,
        Kind::Scalar(scalar) => scalar_value(&scalar.value, scalar.is_plain()),
    };
    let fits = |ty: &str| match ty {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        _ => false,
    };
    types(schema).any(fits)
}

/// What YAML 1.2 takes a scalar for.
fn scalar_value(text: &str, plain: bool) -> Json {
    let number = || {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        digits.starts_with(|c: char| c.is_ascii_digit()).then(|| text.parse::<serde_json::Number>().ok())?
    };
    match text {
        _ if !plain => Json::from(text),
        "true" | "True" | "TRUE" => Json::Bool(true),
        "false" | "False" | "FALSE" => Json::Bool(false),
        _ => number().map_or_else(|| Json::from(text), Json::Number),
    }
}

/// `node` without what is `bad`, as JSON for serde.
pub(crate) fn json(node: &Node, bad: &HashSet<*const Node>) -> Json {
    let fits = |node: &Rc<Node>| !bad.contains(&Rc::as_ptr(node));
    match &node.kind {
        Kind::Null => Json::Null,
        Kind::Scalar(scalar) => scalar_value(&scalar.value, scalar.is_plain()),
        Kind::Sequence(items) => items.iter().filter(|item| fits(item)).map(|item| json(item, bad)).collect(),
        Kind::Mapping(entries) => {
            let fitting = entries.iter().filter(|(_, value)| fits(value));
            let entry =
                |(key, value): &(Rc<Node>, Rc<Node>)| Some((key.text()?.to_owned(), json(value, bad)));
            Json::Object(fitting.filter_map(entry).collect())
        }
    }
}

fn in_words(ty: &str) -> &str {
    match ty {
        "object" => "a mapping",
        "array" => "a list",
        "string" => "text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        other => other,
    }
}

fn found(node: &Node) -> String {
    match node.text() {
        Some(text) => {
            let shown: String = text.chars().take(40).collect();
            format!("`{shown}`")
        }
        None => node.kind_name().to_owned(),
    }
}
