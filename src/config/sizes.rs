//! Sizes as people write them: `10 GiB`, `500MB`, `4096`.

/// The units from small to large; `GB` counts in thousands (SI), `GiB` and the short `G` in 1024s (IEC).
const UNITS: [(&str, u64); 16] = [
    ("", 1),
    ("b", 1),
    ("k", 1 << 10),
    ("kib", 1 << 10),
    ("kb", 1_000),
    ("m", 1 << 20),
    ("mib", 1 << 20),
    ("mb", 1_000_000),
    ("g", 1 << 30),
    ("gib", 1 << 30),
    ("gb", 1_000_000_000),
    ("t", 1 << 40),
    ("tib", 1 << 40),
    ("tb", 1_000_000_000_000),
    ("pib", 1 << 50),
    ("pb", 1_000_000_000_000_000),
];

/// Reads a size in bytes, or says what a size looks like.
pub fn parse(text: &str) -> Result<u64, String> {
    let refused = || format!("`{text}` is not a size; write one like `10 GiB`, `500MB` or a number of bytes");
    let number_end = text.trim().find(|letter: char| !letter.is_ascii_digit() && letter != '.');
    let (number, unit) = text.trim().split_at(number_end.unwrap_or(text.trim().len()));
    let unit = unit.trim().to_ascii_lowercase();
    let (_, unit_bytes) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(refused)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let whole: u64 = whole.parse().map_err(|_| refused())?;
    // Nine digits are more than a fraction of a size needs, and keep the product below within 128 bits.
    let digits = fraction.len().min(9);
    let part: u128 = fraction.get(..digits).and_then(|part| part.parse().ok()).ok_or_else(refused)?;
    let part = part * u128::from(*unit_bytes) / 10_u128.pow(u32::try_from(digits).unwrap_or(9));
    let bytes = u128::from(whole) * u128::from(*unit_bytes) + part;
    u64::try_from(bytes).map_err(|_| format!("`{text}` is more than any disk holds"))
}

/// Writes a size the way [`parse`] reads it, with one digit after the point.
pub fn readable(bytes: u64) -> String {
    const NAMES: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut size = bytes as f64 / 1024.0;
    let mut names = NAMES.iter();
    let mut name = names.next();
    // 1023.95 would be rounded to 1024.0.
    while size >= 1023.95
        && let Some(next) = names.next()
    {
        size /= 1024.0;
        name = Some(next);
    }
    format!("{size:.1} {}", name.unwrap_or(&"B"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_and_without_unit_and_space() {
        for (text, bytes) in [
            ("0", 0),
            ("4096", 4096),
            ("10 GiB", 10 << 30),
            ("10GiB", 10 << 30),
            ("10g", 10 << 30),
            ("500MB", 500_000_000),
            ("1.5 kib", 1536),
            (" 7 B ", 7),
            ("0.1 TB", 100_000_000_000),
        ] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_names_itself() {
        for text in ["", "GiB", "ten", "10 GiBs", "-1", "1.2.3", "1.", ".5", "999999999 PiB", "1e9"] {
            assert!(parse(text).unwrap_err().contains(&format!("`{text}`")), "{text}");
        }
    }

    #[test]
    fn sizes_are_written_for_people() {
        for (bytes, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1_610_612_736, "1.5 GiB"),
            ((1 << 20) - 1, "1.0 MiB"),
            (u64::MAX, "16.0 EiB"),
        ] {
            assert_eq!(readable(bytes), text);
        }
    }
}
