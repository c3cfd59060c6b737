//! Which system a visitor sits at.

/// A system with clients of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// A Mac. Safari on an iPad says that it is one.
    MacOs,
    /// Windows.
    Windows,
    /// An iPhone or iPad.
    Ios,
    /// Android, and ChromeOS, which runs its apps.
    Android,
    /// Linux and other desktops of its kind.
    Linux,
}

/// What a browser's `User-Agent` contains; the first that fits counts, since Android's says Linux too.
const MARKS: [(&str, System); 10] = [
    ("iPhone", System::Ios),
    ("iPad", System::Ios),
    ("iPod", System::Ios),
    ("Android", System::Android),
    ("CrOS", System::Android),
    ("Windows", System::Windows),
    ("Macintosh", System::MacOs),
    ("Mac OS X", System::MacOs),
    ("Linux", System::Linux),
    ("X11", System::Linux),
];

impl System {
    /// The system that a `User-Agent` names.
    pub fn of(agent: &str) -> Option<Self> {
        MARKS.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, system)| *system)
    }

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::MacOs => "macOS",
            Self::Windows => "Windows",
            Self::Ios => "iPhone and iPad",
            Self::Android => "Android",
            Self::Linux => "Linux",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_says_which_system_it_runs_on() {
        for (agent, system) in [
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.5 Safari/605.1.15",
                Some(System::MacOs),
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/138.0.0.0 Safari/537.36",
                Some(System::Windows),
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15",
                Some(System::Ios),
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/138.0.0.0 Mobile",
                Some(System::Android),
            ),
            ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36", Some(System::Android)),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", Some(System::Linux)),
            ("Mozilla/5.0 (X11; FreeBSD amd64; rv:140.0) Gecko/20100101", Some(System::Linux)),
            ("curl/8.14.1", None),
            ("", None),
        ] {
            assert_eq!(System::of(agent), system, "{agent}");
        }
    }
}
