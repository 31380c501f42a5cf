//! Rejects YAML with deeply nested brackets before it is parsed, because the parser's time grows quadratically with the
//! nesting.
//!
//! This module computes an upper bound for the number of open brackets. A bracket may open a collection, or it may be a
//! character of a plain string; only a complete parser can decide that. So every bracket counts as if it opened a
//! collection. Where the state of the parser is uncertain, the maximum is tracked for each possible state. The result may
//! be too high, but never too low.

/// Returns the line and column, counted from 1, of the first character after which more than `limit` brackets may be open.
pub(super) fn exceeding(text: &str, limit: usize) -> Option<(usize, usize)> {
    let (mut line, mut column) = (1, 0);
    let mut open = Open::default();
    for char in text.chars() {
        column += 1;
        open = open.after(char);
        if open.between > limit {
            return Some((line, column));
        }
        if char == '\n' {
            (line, column) = (line + 1, 0);
        }
    }
    None
}

/// The maximum number of open brackets for each state that the parser may be in. It is 0 for an impossible state.
#[derive(Default)]
struct Open {
    /// Between values, where a quote starts a string and `#` a comment.
    between: usize,
    /// In an unquoted string.
    plain: usize,
    single_quoted: usize,
    double_quoted: usize,
    /// After a backslash in a quoted string.
    escaped: usize,
    comment: usize,
}

impl Open {
    fn after(&self, char: char) -> Self {
        let mut next = Self {
            single_quoted: self.single_quoted,
            double_quoted: self.double_quoted.max(self.escaped),
            comment: self.comment,
            ..Self::default()
        };
        let outside = self.between.max(self.plain);
        match char {
            '[' | '{' => next.between = outside + 1,
            ']' | '}' => next.between = outside.saturating_sub(1),
            ',' => next.between = outside,
            ' ' | '\t' => (next.between, next.plain) = (outside, self.plain),
            // The parser treats all of these as the end of a line.
            '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                (next.between, next.plain) = (outside.max(self.comment), self.plain);
                next.comment = 0;
            }
            '\'' => {
                (next.between, next.plain) = (self.single_quoted, self.plain);
                next.single_quoted = self.between;
            }
            '"' => {
                (next.between, next.plain) = (self.double_quoted, self.plain);
                next.double_quoted = self.between.max(self.escaped);
            }
            '\\' => {
                next.plain = outside;
                (next.double_quoted, next.escaped) = (self.escaped, self.double_quoted);
            }
            '#' => {
                next.plain = outside;
                next.comment = self.comment.max(self.between);
            }
            ':' | '?' | '-' => (next.between, next.plain) = (self.between, outside),
            _ => next.plain = outside,
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_that_are_text_close_nothing() {
        for part in [
            "[']',",
            "[\"]\",",
            "[\"\\\"]\",",
            "['a'']',",
            "[#]\n",
            "[a #]\n",
            "[a'b, ']',",
            "[!a ']',",
            "[- ']',",
            "{'}': ",
            "{a: '}', b: ",
            "[#\u{2028}[",
            "['\n]\n',",
        ] {
            for before in ["a: ", "a: b\n  'c\nd: ", "# it's\na: ", "a: [']\nb: "] {
                let text = format!("{before}{}", part.repeat(3_000));
                assert!(exceeding(&text, 256).is_some(), "{text:.40}");
            }
        }
    }

    #[test]
    fn brackets_that_are_closed_are_not_open() {
        for part in [
            "['a', \"]\", 'it''s'],\n",
            "- {a: [b, c], d: '[x]', e: \"\\\"{}\"}\n",
            "- it's [one] of \"{these}\"\n",
            "- '^[a-z]{2}$' # [like](this)\n",
            "{\"a\": [{\"b\": \"[x] it's\"}]},",
        ] {
            assert_eq!(exceeding(&part.repeat(3_000), 8), None, "{part}");
        }
    }
}
