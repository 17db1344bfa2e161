//! The first place where two JSON documents differ.

use serde_json::Value;

/// The path of the first value that differs between two documents, and what it is in each.
pub fn first_difference(one: &Value, other: &Value) -> Option<(String, String, String)> {
    if let (Value::Object(one), Value::Object(other)) = (one, other) {
        let keys = one.keys().chain(other.keys());
        let mut differences = keys.filter_map(|key| {
            let (one, other) = (one.get(key), other.get(key));
            let (one, other) = (one.unwrap_or(&Value::Null), other.unwrap_or(&Value::Null));
            let (path, one, other) = first_difference(one, other)?;
            let path = match path.is_empty() {
                true => key.clone(),
                false => format!("{key}.{path}"),
            };
            Some((path, one, other))
        });
        return differences.next();
    }
    (one != other).then(|| (String::new(), in_words(one), in_words(other)))
}

/// Text without its quotes, and all other values as in JSON.
fn in_words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_path_leads_to_the_value() {
        let one = json!({ "a": 1, "b": { "c": "x", "d": [1, 2] } });
        assert_eq!(first_difference(&one, &one), None);
        let mut other = one.clone();
        other["b"]["c"] = json!("y");
        let expected = ("b.c".to_owned(), "x".to_owned(), "y".to_owned());
        assert_eq!(first_difference(&one, &other), Some(expected));
        let mut other = one.clone();
        other["b"]["d"] = json!([1]);
        assert_eq!(first_difference(&one, &other).unwrap().0, "b.d");
        let mut other = one.clone();
        other["e"] = json!(true);
        let expected = ("e".to_owned(), "null".to_owned(), "true".to_owned());
        assert_eq!(first_difference(&one, &other), Some(expected));
    }
}
