//! Formats tables in Markdown, and the numbers in them.

use std::fmt;

/// A table. The first column contains text, the others contain numbers.
#[derive(Debug)]
pub(super) struct Table {
    caption: String,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(caption: impl Into<String>, columns: &[&str]) -> Self {
        let head = columns.iter().map(|&column| column.to_owned()).collect();
        Self {
            caption: caption.into(),
            rows: vec![head],
        }
    }

    pub(super) fn push(&mut self, row: impl Into<Vec<String>>) {
        self.rows.push(row.into());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        writeln!(f, "{}\n", self.caption)?;
        for (index, row) in self.rows.iter().enumerate() {
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                match column {
                    0 => write!(f, "| {cell:<width$} ")?,
                    _ => write!(f, "| {cell:>width$} ")?,
                }
            }
            writeln!(f, "|")?;
            if index == 0 {
                for (column, width) in widths.iter().enumerate() {
                    let colon = if column == 0 { "-" } else { ":" };
                    write!(f, "|{}{colon}", "-".repeat(width + 1))?;
                }
                writeln!(f, "|")?;
            }
        }
        Ok(())
    }
}

pub(super) fn seconds(seconds: f64) -> String {
    format!("{seconds:.1}")
}

/// Formats an integer with thousands separators.
pub(super) fn integer(value: i128) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0 { format!("-{text}") } else { text }
}

/// Formats the ratio of two numbers; `-` if the reference is zero.
pub(super) fn ratio(ours: f64, reference: f64) -> String {
    match reference > 0.0 {
        true => format!("{:.2}", ours / reference),
        false => "-".to_owned(),
    }
}

/// Returns the median; the upper one of the two middle values. Zero for an empty list.
pub(super) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_the_width_of_their_longest_cell() {
        let mut table = Table::new("A minimal program", &["what", "ours"]);
        table.push(["clean build".to_owned(), seconds(123.45)]);
        table.push(["crates".to_owned(), integer(7)]);
        let expected = "\
A minimal program

| what        |  ours |
|-------------|------:|
| clean build | 123.5 |
| crates      |     7 |
";
        assert_eq!(table.to_string(), expected);
    }

    #[test]
    fn thousands_are_separated() {
        let written = [0, 999, 1_000, 12_345_678, -1_234].map(integer);
        assert_eq!(written, ["0", "999", "1,000", "12,345,678", "-1,234"]);
    }

    #[test]
    fn without_a_reference_there_is_no_ratio() {
        assert_eq!(ratio(3.0, 4.0), "0.75");
        assert_eq!(ratio(3.0, 0.0), "-");
    }

    #[test]
    fn the_median_needs_no_order() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![2.0, 1.0]), 2.0);
        assert_eq!(median(Vec::new()), 0.0);
    }
}
