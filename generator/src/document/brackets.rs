//! An upper bound of the number of brackets that YAML text has open at once.
//!
//! Only a full parser can tell whether a bracket outside of brackets opens a collection or is text. Within brackets a
//! few states are enough to tell. So every bracket is followed as if it opened a collection, and for each state the
//! highest possible number of open brackets is counted. The result is never too low.

/// Returns the first place where more than a number of brackets may be open at once: line and column.
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

/// The number of brackets that may be open in each state; 0 if the text cannot be in it.
#[derive(Default)]
struct Open {
    /// A position where a quote begins a string, and `#` a comment.
    between: usize,
    /// In an unquoted string.
    plain: usize,
    single_quoted: usize,
    double_quoted: usize,
    /// After a backslash.
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
            // The characters that the parser reads as the end of a line.
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
