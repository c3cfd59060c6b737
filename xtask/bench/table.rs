//! A table of results on the terminal, its columns as wide as their widest cell.

pub fn print(head: &[&str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([head[column].chars().count()]).max().unwrap_or(0)
    };
    let print_row = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<_> = cells
            .enumerate()
            .map(|(column, cell)| match column {
                0 => format!("{cell:<0$}", width(column)),
                _ => format!("{cell:>0$}", width(column)),
            })
            .collect();
        println!("{}", padded.join("   "));
    };
    println!();
    print_row(&mut head.iter().copied());
    for row in rows {
        print_row(&mut row.iter().map(String::as_str));
    }
}

/// The middle one of several measurements, in milliseconds: robust against one disturbed run.
pub fn median(mut milliseconds: Vec<f64>) -> f64 {
    milliseconds.sort_by(f64::total_cmp);
    milliseconds.get(milliseconds.len() / 2).copied().unwrap_or(f64::NAN)
}
