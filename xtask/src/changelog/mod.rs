//! Edits the changelog: moves unreleased entries, and those of an update, to the section of a release.

mod wrap;

use wrap::wrapped;

/// The heading of unreleased entries.
const UNRELEASED: &str = "## Unreleased";

/// The start of an entry about a breaking change.
const BREAKING: &str = "**Breaking:**";

/// The order of the sections. Other sections follow these.
const SECTION_ORDER: [&str; 6] = [
    "Added",
    "Changed",
    "Deprecated",
    "Removed",
    "Fixed",
    "Security",
];

/// Returns whether an unreleased entry is marked as breaking.
pub(crate) fn unreleased_is_breaking(changelog: &str) -> bool {
    parts(changelog).is_some_and(|[_, unreleased, _]| unreleased.contains(BREAKING))
}

/// Returns the changelog with a section for the release. The section contains the unreleased entries, and the entries in
/// `additions`, each below its heading (such as `### Added`). `None` if the changelog has no heading for unreleased
/// entries.
pub(crate) fn with_release(
    changelog: &str,
    version: &str,
    date: &str,
    additions: &str,
) -> Option<String> {
    let [before, unreleased, after] = parts(changelog)?;
    let additions = wrapped(additions);
    let (intro, mut sections) = sections(unreleased);
    for (title, entries) in self::sections(&additions).1 {
        match sections.iter_mut().find(|(other, _)| *other == title) {
            Some((_, others)) => others.extend(entries),
            None => sections.push((title, entries)),
        }
    }
    let rank = |title: &str| {
        let rank = SECTION_ORDER.iter().position(|other| *other == title);
        rank.unwrap_or(SECTION_ORDER.len())
    };
    sections.sort_by_key(|(title, _)| rank(title));
    let mut text = format!("{before}{UNRELEASED}\n\n## {version} - {date}\n");
    if !intro.is_empty() {
        text.push_str(&format!("\n{intro}\n"));
    }
    for (title, entries) in sections {
        text.push_str(&format!("\n### {title}\n\n{}\n", entries.join("\n")));
    }
    if !after.is_empty() {
        text.push_str(&format!("\n{after}"));
    }
    Some(text)
}

/// Returns the changelog without unreleased entries.
pub(crate) fn released(changelog: &str) -> String {
    match parts(changelog) {
        Some([before, _, after]) => format!("{before}{after}"),
        None => changelog.to_owned(),
    }
}

/// Returns whether there are unreleased entries.
pub(crate) fn has_unreleased(changelog: &str) -> bool {
    parts(changelog).is_some_and(|[_, unreleased, _]| !unreleased.trim().is_empty())
}

/// Returns the heading of a release, `## 0.1.0 - 2026-01-02`, and its section.
pub(crate) fn section<'t>(changelog: &'t str, version: &str) -> Option<(&'t str, &'t str)> {
    let mut rest = changelog;
    loop {
        let start = match rest.starts_with("## ") {
            true => 0,
            false => rest.find("\n## ")? + 1,
        };
        let (heading, below) = rest[start..]
            .split_once('\n')
            .unwrap_or((&rest[start..], ""));
        if heading.split(' ').nth(1) == Some(version) {
            let end = below.find("\n## ").unwrap_or(below.len());
            return Some((heading, below[..end].trim()));
        }
        rest = below;
    }
}

/// Returns whether the heading of a release ends with a date.
pub(crate) fn has_date(heading: &str) -> bool {
    let date = heading.rsplit_once(" - ");
    date.is_some_and(|(_, date)| date.parse::<chrono::NaiveDate>().is_ok())
}

/// Splits the changelog into the text before the heading of unreleased entries, the unreleased entries, and the text
/// from the next heading on.
fn parts(changelog: &str) -> Option<[&str; 3]> {
    let start = match changelog.starts_with(UNRELEASED) {
        true => 0,
        false => changelog.find(&format!("\n{UNRELEASED}\n"))? + 1,
    };
    let (before, rest) = changelog.split_at(start);
    let rest = rest.strip_prefix(UNRELEASED)?;
    let end = rest.find("\n## ").map_or(rest.len(), |end| end + 1);
    let (unreleased, after) = rest.split_at(end);
    Some([before, unreleased, after])
}

/// Splits Markdown into the text before the first heading, and the entries below each heading.
fn sections(text: &str) -> (&str, Vec<(&str, Vec<&str>)>) {
    let text = text.trim();
    let mut parts = match text.strip_prefix("### ") {
        Some(first) => ("", first),
        None => text.split_once("\n### ").unwrap_or((text, "")),
    };
    let intro = parts.0.trim_end();
    let mut sections = Vec::new();
    while !parts.1.is_empty() {
        parts = parts.1.split_once("\n### ").unwrap_or((parts.1, ""));
        let (title, entries) = parts.0.split_once('\n').unwrap_or((parts.0, ""));
        sections.push((title.trim(), vec![entries.trim()]));
        parts = ("", parts.1);
    }
    (intro, sections)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

    use super::*;

    const NEWS: &str =
        "### Added\n\n- Operation added: `a:b`.\n\n### Removed\n\n- **Breaking:** it: `c`.\n";

    #[test]
    fn unreleased_entries_and_those_of_an_update_become_the_release() {
        let before = "# Changelog\n\nAll of it.\n\n## Unreleased\n\n### Added\n\n- By hand,\n  and more.\n\n### Fixed\n\n\
                      - A bug.\n\n## 0.1.0 - 2026-01-02\n\n### Added\n\n- Everything.\n";
        let after = "# Changelog\n\nAll of it.\n\n## Unreleased\n\n## 0.2.0 - 2026-03-04\n\n### Added\n\n- By hand,\n  and more.\n\
                     - Operation added: `a:b`.\n\n### Removed\n\n- **Breaking:** it: `c`.\n\n### Fixed\n\n- A bug.\n\n\
                     ## 0.1.0 - 2026-01-02\n\n### Added\n\n- Everything.\n";
        let released = with_release(before, "0.2.0", "2026-03-04", NEWS);
        assert_eq!(released.as_deref(), Some(after));
        // The section of unreleased entries is empty now.
        let released = with_release(after, "0.2.1", "2026-03-05", "### Added\n\n- One.\n").unwrap();
        let section = "## Unreleased\n\n## 0.2.1 - 2026-03-05\n\n### Added\n\n- One.\n\n## 0.2.0 - 2026-03-04\n";
        assert!(released.contains(section), "{released}");
    }

    #[test]
    fn news_are_wrapped_and_what_was_written_by_hand_stays() {
        let long = "word ".repeat(30);
        let before = format!("## Unreleased\n\n### Added\n\n- {long}by hand.\n");
        let additions = format!("### Added\n\n- {long}of an update.\n");
        let released = with_release(&before, "0.2.0", "2026-03-04", &additions).unwrap();
        let lines: Vec<&str> = released.lines().skip(6).collect();
        let by_hand = format!("- {long}by hand.");
        let first = format!("- {}word", "word ".repeat(22));
        let second = format!("  {}of an update.", "word ".repeat(7));
        assert_eq!(lines, [&*by_hand, &*first, &*second]);
    }

    #[test]
    fn a_first_release_needs_no_other() {
        for before in ["## Unreleased", "## Unreleased\n", "## Unreleased\n\n"] {
            assert_eq!(
                with_release(before, "0.1.0", "2026-01-02", "### Added\n\n- One.\n").as_deref(),
                Some("## Unreleased\n\n## 0.1.0 - 2026-01-02\n\n### Added\n\n- One.\n")
            );
        }
        let intro = with_release("## Unreleased\n\nText.\n", "0.1.0", "2026-01-02", "");
        let expected = "## Unreleased\n\n## 0.1.0 - 2026-01-02\n\nText.\n";
        assert_eq!(intro.as_deref(), Some(expected));
        let none = with_release(
            "# Changelog\n\n## 0.1.0 - 2026-01-02\n",
            "0.2.0",
            "2026-03-04",
            NEWS,
        );
        assert_eq!(none, None);
    }

    #[test]
    fn sections_are_found_by_their_version() {
        let changelog = "# Changelog\n\n## Unreleased\n\n- New.\n\n## 0.1.1\n\n- Two.\n\n## 0.1.0 - 2026-01-02\n\n\
                         ### Added\n\n- One.\n";
        let first = ("## 0.1.0 - 2026-01-02", "### Added\n\n- One.");
        assert_eq!(section(changelog, "0.1.0"), Some(first));
        assert_eq!(section(changelog, "0.1.1"), Some(("## 0.1.1", "- Two.")));
        assert_eq!(section(changelog, "0.1"), None);
        assert!(has_date(first.0));
        for heading in ["## 0.1.1", "## 0.1.1 - soon", "## 0.1.1 - 2026-02-30"] {
            assert!(!has_date(heading), "{heading}");
        }
    }

    #[test]
    fn the_released_part_omits_unreleased_entries() {
        let changelog =
            "# Changelog\n\n## Unreleased\n\n- New.\n\n## 0.1.0 - 2026-01-02\n\n- One.\n";
        assert!(has_unreleased(changelog));
        let released = released(changelog);
        assert_eq!(released, "# Changelog\n\n## 0.1.0 - 2026-01-02\n\n- One.\n");
        assert!(!has_unreleased(&released));
        assert!(!has_unreleased("## Unreleased\n\n## 0.1.0 - 2026-01-02\n"));
    }

    #[test]
    fn only_what_is_unreleased_says_that_it_is_breaking() {
        let released = "## Unreleased\n\n- Fine.\n\n## 0.1.0 - 2026-01-02\n\n- **Breaking:** it.\n";
        assert!(!unreleased_is_breaking(released));
        assert!(unreleased_is_breaking(
            "## Unreleased\n\n- **Breaking:** it.\n"
        ));
    }
}
