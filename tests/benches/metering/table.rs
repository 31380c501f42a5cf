//! Prints tables to the terminal.

use std::time::Duration;

/// The width of the column with the names of rows.
const NAME: usize = 44;
/// The width of the other columns.
const COLUMN: usize = 14;

/// Prints the title of a table and the names of its columns.
pub(crate) fn head(title: &str, columns: &[&str]) {
    print!("\n{title:<NAME$}");
    columns
        .iter()
        .for_each(|column| print!("{column:>COLUMN$}"));
    println!();
}

/// Prints a row.
pub(crate) fn row(name: &str, values: &[String]) {
    print!("{name:<NAME$}");
    values.iter().for_each(|value| print!("{value:>COLUMN$}"));
    println!();
}

/// Prints a row that cannot be measured, with the reason.
pub(crate) fn skipped(name: &str, reason: &str) {
    println!("{name:<NAME$}  SKIPPED: {reason}");
}

pub(crate) const NO_REDIS: &str = "redis-server is not installed";
pub(crate) const NO_POSTGRES: &str = "PostgreSQL is not installed";
pub(crate) const NO_PYTHON: &str = "POLAR_PYTHON names no Python with polar-sdk[outpost]==1.0.3a5";

/// Formats a time in microseconds.
pub(crate) fn micros(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1e6)
}

/// Formats how many operations are completed in a second, by the time of each.
pub(crate) fn a_second(each: Duration) -> String {
    format!("{:.0}", 1.0 / each.as_secs_f64())
}

/// Returns the median.
pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
