//! Problems in the input, each with its file and JSON pointer. A phase collects its problems and reports them together.

use std::collections::BTreeSet;
use std::fmt;

/// A problem that stops generation, with the place in the input that causes it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The name of the input: [`Source::name`](crate::document::Source).
    pub file: String,
    /// The JSON pointer (RFC 6901) of the place; empty for the whole input.
    pub pointer: String,
    /// The description of the problem.
    pub message: String,
}

impl Problem {
    /// Creates a problem.
    pub fn new(
        file: impl Into<String>,
        pointer: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            file: file.into(),
            pointer: pointer.into(),
            message: message.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hash = if self.pointer.is_empty() { "" } else { "#" };
        write!(f, "{}{hash}{}: {}", self.file, self.pointer, self.message)
    }
}

/// One or more problems, sorted and without duplicates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    problems: Vec<Problem>,
}

impl Report {
    /// Fails with all problems, if there are any. Called at the end of a phase.
    pub fn check(problems: impl IntoIterator<Item = Problem>) -> Result<(), Self> {
        let problems: BTreeSet<Problem> = problems.into_iter().collect();
        if problems.is_empty() {
            return Ok(());
        }
        Err(Self {
            problems: problems.into_iter().collect(),
        })
    }

    /// Returns the problems. There is at least one.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl From<Problem> for Report {
    fn from(problem: Problem) -> Self {
        Self {
            problems: vec![problem],
        }
    }
}

impl IntoIterator for Report {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.problems.into_iter()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.problems {
            writeln!(f, "{problem}")?;
        }
        match self.problems.len() {
            1 => write!(f, "1 problem"),
            count => write!(f, "{count} problems"),
        }
    }
}

impl std::error::Error for Report {}

/// Escapes a key for a JSON pointer (RFC 6901).
pub(crate) fn escape_pointer(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

    use super::*;

    #[test]
    fn a_problem_names_its_place() {
        let problem = Problem::new("spec/2026-10.yaml", "/components/schemas/X", "is odd");
        assert_eq!(
            problem.to_string(),
            "spec/2026-10.yaml#/components/schemas/X: is odd"
        );
        assert_eq!(
            Problem::new("a.yaml", "", "is empty").to_string(),
            "a.yaml: is empty"
        );
    }

    #[test]
    fn a_report_is_sorted_without_repeats_and_counted() {
        let report = Report::check([
            Problem::new("b", "/1", "second"),
            Problem::new("a", "/2", "first"),
            Problem::new("b", "/1", "second"),
        ])
        .unwrap_err();
        assert_eq!(report.to_string(), "a#/2: first\nb#/1: second\n2 problems");
        assert_eq!(
            Report::from(Problem::new("a", "", "x")).to_string(),
            "a: x\n1 problem"
        );
    }

    #[test]
    fn no_problems_make_no_report() {
        assert_eq!(Report::check([]), Ok(()));
    }
}
