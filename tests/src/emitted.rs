//! Reads emitted files, and finds items in them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Returns the text of one emitted file: `emitted_file("reference_responses", "codec/shared.rs")`.
///
/// # Errors
/// An error if the file does not exist.
pub fn emitted_file(input: &str, path: &str) -> io::Result<String> {
    fs::read_to_string(tree(input).join(path))
}

/// Returns all files that are emitted for an input, by path.
///
/// # Errors
/// An error if the input does not exist.
pub fn emitted_files(input: &str) -> io::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    collect(&tree(input), "", &mut files)?;
    Ok(files)
}

/// Returns one item of emitted source, with its doc comments and attributes.
///
/// `start` is the start of its first line after these, such as `pub enum Price {`. `None` if no line starts with it.
#[must_use]
pub fn emitted_item(source: &str, start: &str) -> Option<String> {
    let lines: Vec<&str> = source.lines().collect();
    let first = lines.iter().position(|line| line.starts_with(start))?;
    let is_lead = |line: &&&str| line.starts_with("///") || line.starts_with("#[");
    let lead = lines[..first].iter().rev().take_while(is_lead).count();
    let is_end = |line: &&str| {
        line.starts_with(['}', ')']) || (line.ends_with(';') && !line.starts_with(' '))
    };
    let len = lines[first..]
        .iter()
        .position(is_end)
        .map_or(lines.len() - first, |at| at + 1);
    Some(lines[first - lead..first + len].join("\n"))
}

fn tree(input: &str) -> PathBuf {
    [env!("OUT_DIR"), "inputs", input].iter().collect()
}

fn collect(folder: &Path, above: &str, files: &mut BTreeMap<String, String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = format!("{above}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{path}/"), files)?;
        } else {
            files.insert(path, fs::read_to_string(entry.path())?);
        }
    }
    Ok(())
}
