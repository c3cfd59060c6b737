//! What an acknowledged write survives.

/// How much has to go wrong before something is lost that was acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// More than a loss of power: an answer waits until everything it says is synced to the disk.
    #[default]
    PowerLoss,
    /// More than the death of the process: an answer waits until the operating system has everything. What it has not
    /// written to the disk yet goes with the machine.
    ProcessCrash,
}

impl Durability {
    /// Whether an answer waits for the disk.
    pub fn waits_for_disk(self) -> bool {
        self == Self::PowerLoss
    }
}
