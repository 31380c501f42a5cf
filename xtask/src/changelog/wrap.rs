//! Wraps the lines of Markdown lists.

/// The maximum length of a line in characters, as in the rest of the changelog.
const WIDTH: usize = 120;

/// The indentation of continued lines in a list entry.
const INDENT: &str = "  ";

/// Wraps the entries of lists to lines of at most 120 characters. Longer words and code spans are not broken.
pub(super) fn wrapped(text: &str) -> String {
    let lines = text.lines().map(|line| match line.starts_with("- ") {
        true => wrapped_entry(line),
        false => line.to_owned(),
    });
    lines.map(|line| line + "\n").collect()
}

fn wrapped_entry(entry: &str) -> String {
    let mut text = String::new();
    let mut width = 0;
    for word in words(entry) {
        let len = word.chars().count();
        // A list marker must be followed by a word on the same line.
        if width > INDENT.len() && width + 1 + len > WIDTH {
            text.push('\n');
            text.push_str(INDENT);
            width = INDENT.len();
        } else if width > 0 {
            text.push(' ');
            width += 1;
        }
        text.push_str(&word);
        width += len;
    }
    text
}

/// Returns the words of a line. A code span counts as one word, so that names are not broken across lines.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut is_code = false;
    for part in line.split(' ') {
        match words.last_mut().filter(|_| is_code) {
            Some(word) => {
                word.push(' ');
                word.push_str(part);
            }
            None => words.push(part.to_owned()),
        }
        is_code ^= part.matches('`').count() % 2 == 1;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_continued_below_their_text() {
        let word = "w".repeat(39);
        let text = format!("### Added\n\n- {word} {word} {word} é\n- Short.\n");
        // A line with three words would have 121 characters: 3 * 39, the marker `- `, and two spaces.
        let expected = format!("### Added\n\n- {word} {word}\n  {word} é\n- Short.\n");
        assert_eq!(wrapped(&text), expected);
        let fits = format!("- {word} {word} {}\n", &word[1..]);
        assert_eq!(fits.trim_end().len(), 120);
        assert_eq!(wrapped(&fits), fits);
    }

    #[test]
    fn characters_count_and_not_bytes() {
        let fits = format!("- {} {}\n", "é".repeat(60), "é".repeat(57));
        assert_eq!(wrapped(&fits), fits);
    }

    #[test]
    fn code_and_long_words_stay_whole() {
        let code = format!("`{} b`", "a".repeat(100));
        let text = format!("- Added: {code}, {code}.\n");
        assert_eq!(wrapped(&text), format!("- Added: {code},\n  {code}.\n"));
        let long = format!("- {}\n", "a".repeat(200));
        assert_eq!(wrapped(&long), long);
    }

    #[test]
    fn wrapped_text_stays_as_it_is() {
        let text = format!("- Added: {}.\n", ["`a:b` (one)"; 40].join(", "));
        let once = wrapped(&text);
        assert!(once.lines().count() > 3, "{once}");
        assert!(
            once.lines().all(|line| line.chars().count() <= WIDTH),
            "{once}"
        );
        assert_eq!(once.replace("\n  ", " "), text);
    }
}
