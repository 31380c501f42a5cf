//! Computes an upper bound for the number of brackets that are open at the same time in a YAML text.
//!
//! Outside of brackets, only a complete parser can tell whether a bracket opens a collection or belongs to a plain
//! string. Within brackets, a few states are sufficient. So every bracket is treated as if it opened a collection, and
//! the maximum number of open brackets is tracked for each possible state. The result may be too high, but never too
//! low.

/// Returns the line and column of the first place where more than `limit` brackets may be open.
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

/// The maximum number of open brackets for each state; 0 if the text cannot be in that state.
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
