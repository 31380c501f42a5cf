//! Formats the problems of a published document, grouped by message. A new keyword can cause hundreds of equal problems.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use polar_codegen::Report;

/// The maximum number of places that are listed for a cause.
const PLACES_SHOWN: usize = 3;

/// Lists each message with the number of its places and the first few places. The most frequent message comes first.
pub(super) fn by_cause(report: &Report) -> String {
    let mut causes: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for problem in report.problems() {
        let hash = if problem.pointer.is_empty() { "" } else { "#" };
        let place = format!("{}{hash}{}", problem.file, problem.pointer);
        causes.entry(&problem.message).or_default().push(place);
    }
    let mut causes: Vec<_> = causes.into_iter().collect();
    causes.sort_by_key(|(_, places)| std::cmp::Reverse(places.len()));
    let mut text = String::new();
    for (cause, places) in &causes {
        let _ = writeln!(text, "{cause} ({}):", counted(places.len(), "place"));
        for place in places.iter().take(PLACES_SHOWN) {
            let _ = writeln!(text, "  {place}");
        }
        if places.len() > PLACES_SHOWN {
            let _ = writeln!(text, "  and {} more", places.len() - PLACES_SHOWN);
        }
    }
    let _ = write!(
        text,
        "{}; nothing was written",
        counted(causes.len(), "problem")
    );
    text
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}
