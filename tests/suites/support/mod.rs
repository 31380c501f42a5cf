//! Finds items in emitted source, so that a snapshot contains only the relevant part.

#![allow(clippy::panic, reason = "a panic is how a test fails")]

/// Returns the item whose first line starts with `start`, from its doc comments and attributes to its closing line.
pub(crate) fn item(source: &str, start: &str) -> String {
    let lines: Vec<&str> = source.lines().collect();
    let Some(first) = lines.iter().position(|line| line.starts_with(start)) else {
        panic!("no item starts with `{start}`");
    };
    let is_lead = |line: &&&str| line.starts_with("///") || line.starts_with("#[");
    let lead = lines[..first].iter().rev().take_while(is_lead).count();
    let is_end = |line: &&str| {
        line.starts_with(['}', ')']) || (line.ends_with(';') && !line.starts_with(' '))
    };
    let len = lines[first..]
        .iter()
        .position(is_end)
        .map_or(lines.len() - first, |at| at + 1);
    lines[first - lead..first + len].join("\n")
}
