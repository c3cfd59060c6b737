//! Sizes as people write them on a command line: `1G`, `256MiB`, `4096`.

/// The value in bytes of a number with an optional K, M or G (powers of 1024).
pub fn parse(text: &str) -> Result<u64, String> {
    let number_end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(number_end);
    let factor: u64 = match unit.trim_end_matches("iB").trim_end_matches('B') {
        "" => 1,
        "K" => 1 << 10,
        "M" => 1 << 20,
        "G" => 1 << 30,
        _ => return Err(format!("`{text}` is no size: write 4096, 64K, 256M or 1G")),
    };
    let number: u64 = number.parse().map_err(|_| format!("`{text}` does not begin with a whole number"))?;
    number.checked_mul(factor).ok_or_else(|| format!("`{text}` is too large"))
}

pub fn shown(bytes: u64) -> String {
    match bytes {
        0..0x400 => format!("{bytes} B"),
        0x400..0x10_0000 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        0x10_0000..0x4000_0000 => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
        _ => format!("{:.2} GiB", bytes as f64 / 1_073_741_824.0),
    }
}

/// Bytes a second, as text.
pub fn rate(bytes: u64, seconds: f64) -> String {
    format!("{}/s", shown((bytes as f64 / seconds) as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        assert_eq!(parse("4096"), Ok(4096));
        assert_eq!(parse("64K"), Ok(65_536));
        assert_eq!(parse("1GiB"), Ok(1 << 30));
        assert!(parse("1T").is_err() && parse("large").is_err() && parse("99999999999G").is_err());
    }
}
