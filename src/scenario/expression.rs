//! Values inside of expressions.
//!
//! A value never becomes part of the expression's grammar: it is a string
//! literal, or stands within one.

/// What stands for `value` in an XPath expression of which `before` comes
/// first: its text within quotes, a string literal elsewhere.
pub(super) fn in_xpath(before: &str, value: &str) -> String {
    match open_quote(before, false) {
        Some(quote) => value.replace(quote, &format!("{quote}{quote}")),
        None => format!("'{}'", value.replace('\'', "''")),
    }
}

/// The same in a JSONPath.
pub(super) fn in_json_path(before: &str, value: &str) -> String {
    let escaped = |quote: char| {
        let mut escaped = String::new();
        for ch in value.chars() {
            match ch {
                '\\' => escaped.push_str("\\\\"),
                _ if ch == quote => {
                    escaped.push('\\');
                    escaped.push(ch);
                }
                _ if ch.is_control() => escaped.push_str(&format!("\\u{:04x}", u32::from(ch))),
                _ => escaped.push(ch),
            }
        }
        escaped
    };
    match open_quote(before, true) {
        Some(quote) => escaped(quote),
        None => format!("'{}'", escaped('\'')),
    }
}

/// The quotation mark of the string literal that `before` ends within.
fn open_quote(before: &str, backslash: bool) -> Option<char> {
    let mut open = None;
    let mut chars = before.chars();
    while let Some(ch) = chars.next() {
        match (open, ch) {
            (Some(_), '\\') if backslash => {
                chars.next();
            }
            (Some(quote), _) if ch == quote => open = None,
            (None, '\'' | '"') => open = Some(ch),
            _ => {}
        }
    }
    open
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_leave_its_string() {
        for (before, value, filled) in [
            ("a = ", "x", "'x'"),
            ("a = ", "x' or '1", "'x'' or ''1'"),
            ("a = 'p-", "x'y\"z", "x''y\"z"),
            ("a = \"p-", "x'y\"z", "x'y\"\"z"),
            ("a = 'it''s ", "'", "''"),
        ] {
            assert_eq!(in_xpath(before, value), filled, "{before}");
        }
        for (before, value, filled) in [
            ("$[?@.a == ", "x'y\\", "'x\\'y\\\\'"),
            ("$[?@.a == \"", "x\"", "x\\\""),
            ("$['a\\'", "x'", "x\\'"),
        ] {
            assert_eq!(in_json_path(before, value), filled, "{before}");
        }
    }
}
