//! Which files a listing leaves out: systems' own, for clients of other systems. By its path everybody reaches
//! every file.

use domain::{Node, SystemFile};

use crate::client::Client;

/// Whether a client does not see a member of a folder. It goes by the name, whether the file is kept as a system
/// file or not; a folder of such a name is somebody's own.
pub fn is_hidden(client: Client, node: &Node) -> bool {
    if node.is_folder() {
        return false;
    }
    node.name.system().is_some_and(|system| !is_concerned(client, system))
}

/// Office programs run on mounted drives, and look at each other's files to say who has a document open.
fn is_concerned(client: Client, system: SystemFile) -> bool {
    match system {
        SystemFile::Apple => client == Client::Finder,
        SystemFile::Windows => client == Client::Windows,
        SystemFile::Office => matches!(client, Client::Finder | Client::Windows | Client::LinuxDrive),
    }
}
