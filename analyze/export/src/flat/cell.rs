//! One value of one column.

use std::borrow::Cow;
use std::net::IpAddr;

use scap_analyze::print::iso8601_utc;
use serde::ser::{Serialize, Serializer};
use serde_json::Value as Json;

use crate::json;
use scap_analyze::print::defused;

/// A value, or none.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell<'r> {
    Missing,
    Text(Cow<'r, str>),
    Int(i64),
    Uint(u64),
    /// Ns since the epoch.
    Time(u64),
    List(Vec<Cow<'r, str>>),
    Json(Json),
}

impl<'r> Cell<'r> {
    /// A text, if there is one.
    pub(crate) fn text(text: Option<&'r str>) -> Self {
        text.map_or(Self::Missing, |text| Self::Text(Cow::Borrowed(text)))
    }

    /// A text put together.
    pub(crate) fn owned(text: Option<String>) -> Self {
        text.map_or(Self::Missing, |text| Self::Text(Cow::Owned(text)))
    }

    /// A number, if there is one.
    pub(crate) fn int(number: Option<impl Into<i64>>) -> Self {
        number.map_or(Self::Missing, |number| Self::Int(number.into()))
    }

    /// A time, if there is one.
    pub(crate) fn time(ts: Option<u64>) -> Self {
        ts.map_or(Self::Missing, Self::Time)
    }

    /// An address, if there is one.
    pub(crate) fn ip(ip: Option<IpAddr>) -> Self {
        Self::owned(ip.map(|ip| ip.to_string()))
    }

    /// Texts, if there are any.
    pub(crate) fn list<T: Into<Cow<'r, str>>>(texts: impl IntoIterator<Item = T>) -> Self {
        let texts: Vec<Cow<'r, str>> = texts.into_iter().map(Into::into).collect();
        if texts.is_empty() { Self::Missing } else { Self::List(texts) }
    }

    /// As JSON.
    pub(crate) fn json(self) -> Json {
        match self {
            Self::Missing => Json::Null,
            Self::Text(text) => Json::from(text),
            Self::Int(number) => Json::from(number),
            Self::Uint(number) => Json::from(number),
            Self::Time(ts) => Json::from(iso8601_utc(ts)),
            Self::List(texts) => texts.into_iter().map(Json::from).collect(),
            Self::Json(json) => json,
        }
    }

    /// As a cell of comma-separated values, texts defused.
    pub(crate) fn csv(self) -> Cow<'r, str> {
        match self {
            Self::Missing => Cow::Borrowed(""),
            Self::Text(text) => defused(text),
            Self::Int(number) => Cow::Owned(number.to_string()),
            Self::Uint(number) => Cow::Owned(number.to_string()),
            Self::Time(ts) => Cow::Owned(iso8601_utc(ts)),
            Self::List(texts) => defused(Cow::Owned(json::text(&texts))),
            Self::Json(Json::String(text)) => defused(Cow::Owned(text)),
            Self::Json(json) => defused(Cow::Owned(json::text(&json))),
        }
    }
}

impl Serialize for Cell<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Missing => serializer.serialize_none(),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Int(number) => serializer.serialize_i64(*number),
            Self::Uint(number) => serializer.serialize_u64(*number),
            Self::Time(ts) => serializer.serialize_str(&iso8601_utc(*ts)),
            Self::List(texts) => texts.serialize(serializer),
            Self::Json(json) => json.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_sign_and_texts_lose_their_power() {
        assert_eq!(Cell::Int(-1).csv(), "-1");
        assert_eq!(Cell::Text("-1".into()).csv(), "'-1");
        assert_eq!(Cell::list(["=a", "b c"]).csv(), r#"["=a","b c"]"#);
        assert_eq!(Cell::Missing.csv(), "");
    }
}
