//! How to mount the drive, client by client: once, for the terminal and for the page.

use std::fmt;

use crate::mounting::Address;
use crate::quoted;
use crate::system::System;

/// The steps for one client.
pub struct Guide {
    /// What people call it.
    pub client: &'static str,
    /// The system it comes with; none for programs that run on several.
    pub system: Option<System>,
    /// What to do, in this order.
    pub lines: Vec<Line>,
}

/// One line of a guide.
pub enum Line {
    /// Something to do or to know.
    Say(String),
    /// Something to do, with what to type or paste at its end.
    Enter(&'static str, String),
    /// A command.
    Run(String),
    /// A command for an administrator.
    Administer(String),
}

use Line::{Administer, Enter, Run, Say};

/// Every client, with everything filled in.
pub fn all(address: &Address, user: &str, password: &str) -> Vec<Guide> {
    let drive = Drive { address, user, password };
    let on = |client, system, lines| Guide { client, system, lines };
    vec![
        on("Finder", Some(System::MacOs), drive.finder()),
        on("Windows Explorer", Some(System::Windows), drive.windows()),
        on("rclone", None, drive.rclone()),
        on("GNOME", Some(System::Linux), drive.gnome()),
        on("KDE", Some(System::Linux), drive.kde()),
        on("davfs2", Some(System::Linux), drive.davfs2()),
        on("Cyberduck", None, drive.cyberduck()),
        on("iPhone and iPad", Some(System::Ios), drive.ios()),
        on("Android", Some(System::Android), drive.android()),
    ]
}

/// As a terminal shows it.
impl fmt::Display for Guide {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.client)?;
        self.lines.iter().try_for_each(|line| match line {
            Say(text) | Run(text) => write!(out, "\n  {text}"),
            Enter(text, value) => write!(out, "\n  {text}  {value}"),
            Administer(command) => write!(out, "\n    {command}"),
        })
    }
}

/// What is filled in.
struct Drive<'a> {
    address: &'a Address,
    user: &'a str,
    password: &'a str,
}

impl Drive<'_> {
    fn finder(&self) -> Vec<Line> {
        let Self { address, user, password } = self;
        vec![
            Enter("Go > Connect to Server (Cmd-K), enter", address.to_string()),
            Say(format!("then Registered User, name {user}, password {password}")),
        ]
    }

    /// The WebClient service refuses two things until the registry says otherwise (learn.microsoft.com,
    /// "Using the WebDAV Redirector"): Basic credentials without TLS, and files over 50,000,000 bytes.
    fn windows(&self) -> Vec<Line> {
        const SETTING: &str =
            "reg add HKLM\\SYSTEM\\CurrentControlSet\\Services\\WebClient\\Parameters /f /t REG_DWORD";
        let Self { address, user, password } = self;
        let folder = address.to_string();
        let folder = folder.trim_end_matches('/');
        let mut lines = vec![
            Run(format!("net use * {folder} {password} /user:{user}")),
            Enter("or This PC > Map network drive, folder", folder.to_owned()),
        ];
        if address.is_secure {
            let why = "Windows refuses files over 50 MB until an administrator raises its limit:";
            lines.push(Say(why.to_owned()));
        } else {
            let why = "Windows sends passwords only over https, and refuses files over 50 MB, until an administrator\n  \
                       changes both (the first line lets it send passwords readable for others on the network):";
            lines.push(Say(why.to_owned()));
            lines.push(Administer(format!("{SETTING} /v BasicAuthLevel /d 2")));
        }
        lines.push(Administer(format!("{SETTING} /v FileSizeLimitInBytes /d 4294967295")));
        lines.extend(["net stop webclient", "net start webclient"].map(|line| Administer(line.to_owned())));
        lines
    }

    fn rclone(&self) -> Vec<Line> {
        let Self { user, password, .. } = self;
        let url = quoted(&self.address.to_string());
        vec![
            Run(format!(
                "rclone config create larder webdav url={url} vendor=other user={user} pass={password} \
                 pacer_min_sleep=100us --obscure"
            )),
            Run("rclone lsd larder:".to_owned()),
            Run("mkdir -p ~/larder && rclone mount larder: ~/larder --vfs-cache-mode writes".to_owned()),
            Say(
                "lsd shows folders, so nothing on a new drive; mount keeps the terminal, and Ctrl-C unmounts"
                    .to_owned(),
            ),
        ]
    }

    fn davfs2(&self) -> Vec<Line> {
        let Self { address, user, password } = self;
        let secrets = quoted(&format!("{address} {user} {password}"));
        let url = quoted(&address.to_string());
        vec![
            Say("Kernels from 6.16 on list no folders without the first line.".to_owned()),
            Run("echo 'buf_size 64' | sudo tee -a /etc/davfs2/davfs2.conf > /dev/null".to_owned()),
            Run(format!("echo {secrets} | sudo tee -a /etc/davfs2/secrets > /dev/null")),
            Run("sudo mkdir -p /mnt/larder".to_owned()),
            Run(format!("sudo mount -t davfs -o uid=$(id -u),gid=$(id -g) {url} /mnt/larder")),
            Enter("and once you are done:", "sudo umount /mnt/larder".to_owned()),
        ]
    }

    fn gnome(&self) -> Vec<Line> {
        let url = self.desktop_url("dav");
        vec![
            Run(format!("gio mount {}", quoted(&url))),
            Enter("or Files > Network, Connect to Server", url),
            Say(format!("then password {}", self.password)),
        ]
    }

    fn kde(&self) -> Vec<Line> {
        vec![
            Enter("Dolphin, Ctrl-L, enter", self.desktop_url("webdav")),
            Say(format!("then password {}", self.password)),
        ]
    }

    /// The URL with the user's name and the desktop's own word for the scheme.
    fn desktop_url(&self, scheme: &str) -> String {
        let secure = if self.address.is_secure { "s" } else { "" };
        // `@` is the one letter of a user name that would end the user part of a URL.
        let user = format!("{}@", self.user.replace('@', "%40"));
        self.address.with_scheme(&format!("{scheme}{secure}"), &user)
    }

    fn cyberduck(&self) -> Vec<Line> {
        let (kind, place) = self.place();
        vec![Say(format!("Open Connection, WebDAV ({kind}), {place}")), self.credentials("user name")]
    }

    fn ios(&self) -> Vec<Line> {
        let mut lines = self.phone_needs();
        lines.extend([
            Say("The Files app itself speaks no WebDAV; apps such as Documents or Owlfiles do.".to_owned()),
            Enter("There, add a WebDAV server with the address", self.address.to_string()),
            self.credentials("user name"),
        ]);
        lines
    }

    fn android(&self) -> Vec<Line> {
        let (kind, place) = self.place();
        let mut lines = self.phone_needs();
        lines.extend([
            Say(format!("Material Files: Add storage, WebDAV server, {kind}, {place}")),
            Enter(
                "or, for the system's own file manager, DAVx5 (WebDAV mounts) or WebDAV Provider, with the address",
                self.address.to_string(),
            ),
            self.credentials("user name"),
        ]);
        lines
    }

    fn phone_needs(&self) -> Vec<Line> {
        let only_here = "A phone needs an address of this machine on the network in place of this one.";
        if self.address.is_loopback() { vec![Say(only_here.to_owned())] } else { Vec::new() }
    }

    /// The address for clients that ask for it piece by piece.
    fn place(&self) -> (&'static str, String) {
        let Address { is_secure, host, path, .. } = self.address;
        let (kind, port) = if *is_secure { ("HTTPS", 443) } else { ("HTTP", 80) };
        let port = self.address.port.unwrap_or(port);
        (kind, format!("server {host}, port {port}, path {path}"))
    }

    fn credentials(&self, label: &str) -> Line {
        Say(format!("{label} {}, password {}", self.user, self.password))
    }
}
