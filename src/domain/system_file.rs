//! System files: what operating systems and office programs keep beside people's files, unasked.

use crate::NodeName;

/// Whose habit a system file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SystemFile {
    /// macOS: `.DS_Store`, and `._x` for what a drive cannot keep of `x` itself, such as tags and icons.
    Apple,
    /// Windows: how a folder is shown, and small pictures of what is in it.
    Windows,
    /// Office programs: who has a document open (`~$x` of Microsoft's, `.~lock.x#` of LibreOffice).
    Office,
}

impl SystemFile {
    /// A longer file is kept like any other, whatever it is called. Those of a file with tags and an icon
    /// have some 4 KiB, and Finder sends 64 KiB at a time.
    pub const BYTES_MAX: usize = 64 * 1024;

    /// What those of one space may add up to, in bytes: the quota does not count them, and they must not be
    /// a drive beside the drive.
    pub const SPACE_BYTES_MAX: u64 = 1 << 30;
}

const APPLE_DOUBLE: &str = "._";

impl NodeName {
    /// Whose system file a file of this name would be, if anybody's.
    pub fn system(&self) -> Option<SystemFile> {
        let name = self.as_str();
        let within = |before: &str, behind: &str| {
            let inner = name.strip_prefix(before).and_then(|rest| rest.strip_suffix(behind));
            inner.is_some_and(|inner| !inner.is_empty())
        };
        if name == ".DS_Store" || within(APPLE_DOUBLE, "") {
            return Some(SystemFile::Apple);
        }
        // The file systems of Windows do not tell upper from lower case.
        if ["desktop.ini", "thumbs.db"].iter().any(|known| name.eq_ignore_ascii_case(known)) {
            return Some(SystemFile::Windows);
        }
        (within("~$", "") || within(".~lock.", "#")).then_some(SystemFile::Office)
    }

    /// The name of the file in which macOS keeps more about the file or folder of this name: its companion,
    /// which goes where it goes. System files have none, nor has a name that leaves no room for two more
    /// bytes.
    pub fn companion(&self) -> Option<Self> {
        match self.system() {
            Some(_) => None,
            None => Self::parse(&format!("{APPLE_DOUBLE}{self}")).ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> NodeName {
        NodeName::parse(text).unwrap()
    }

    #[test]
    fn the_files_systems_leave_behind_are_known_by_their_names() {
        for (text, system) in [
            ("._a.txt", SystemFile::Apple),
            ("._.", SystemFile::Apple),
            (".DS_Store", SystemFile::Apple),
            ("desktop.ini", SystemFile::Windows),
            ("Desktop.ini", SystemFile::Windows),
            ("THUMBS.DB", SystemFile::Windows),
            ("~$report.docx", SystemFile::Office),
            (".~lock.report.odt#", SystemFile::Office),
        ] {
            assert_eq!(name(text).system(), Some(system), "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_one_is_somebodys_own_file() {
        for text in [
            "._",
            ".a",
            "a._b",
            ".ds_store",
            ".DS_Store.txt",
            "desktop.ini.bak",
            "my thumbs.db",
            "~$",
            "~a",
            ".~lock.#",
            ".~lock.a",
            "Icon\r",
        ] {
            assert_eq!(name(text).system(), None, "{text}");
        }
    }

    #[test]
    fn a_companion_bears_the_name_of_what_it_belongs_to() {
        assert_eq!(name("über").companion(), Some(name("._über")));
        for without in ["._a", ".DS_Store", "~$a"] {
            assert_eq!(name(without).companion(), None, "{without}");
        }
        let longest = "n".repeat(NodeName::BYTES_MAX - APPLE_DOUBLE.len());
        assert!(name(&longest).companion().is_some());
        assert_eq!(name(&format!("{longest}n")).companion(), None);
    }
}
