//! What a starting server tells the person in front of it.

use services::setup::Welcome;

use crate::commands::{mounting, program};
use crate::config::{Config, Origin, Settings};

/// What the first start says, once: the labelled lines first, so that scripts find them.
pub fn first(welcome: &Welcome, config: &Config, settings: &Settings) -> String {
    let Welcome { user, password, app_password } = welcome;
    let address = mounting::Address::of(config);
    let steps = mounting::steps(&address, user.name.as_str(), &app_password.secret);
    let user = &user.name;
    format!(
        "\
Address:  {address}
User:     {user}
Password: {}
Account password: {password}

Password is an app password: it opens the drive, and can be revoked by itself. The account password is for
managing the account and does not open the drive (WebDAV). Keep both, they are not shown again.

{}
{}
Mount the drive with the client you like best:

{steps}
",
        app_password.secret,
        more(config, settings),
        exposure(config),
    )
}

/// What every later start says.
pub fn again(config: &Config, settings: &Settings) -> String {
    let address = mounting::Address::of(config);
    format!("Address:  {address}\n{}\n{}", more(config, settings), exposure(config))
}

/// One sentence when people on the network could reach the server, and so could listeners; or nothing.
pub fn exposure(config: &Config) -> String {
    let is_open = !config.server.listen.ip().is_loopback()
        || config.webdav.listen.is_some_and(|address| !address.ip().is_loopback());
    let has_tls = config.public_url.as_ref().is_some_and(|url| url.starts_with("https://"));
    if !is_open || has_tls {
        return String::new();
    }
    "\nThis server can be reached from other machines without TLS: anybody on the way can read passwords and files, \
     so put a proxy with TLS before it.\n"
        .to_owned()
}

fn more(config: &Config, settings: &Settings) -> String {
    let folder = std::path::absolute(&config.data_folder).unwrap_or_else(|_| config.data_folder.clone());
    let folder = folder.display();
    // What came with this command line has to come with the next one too.
    let flags = settings.iter().filter(|setting| matches!(setting.origin, Origin::CommandLine(_)));
    let flags = flags.filter_map(|setting| match (setting.key.as_str(), setting.value.as_str()) {
        ("data_folder", _) => Some(format!(" --data '{folder}'")),
        // Port 0 has become a real one since.
        ("server.listen", _) => Some(format!(" --set server.listen={}", config.server.listen)),
        ("webdav.listen", _) => Some(format!(" --set webdav.listen={}", config.webdav.listen?)),
        ("public_url", Some(url)) => Some(format!(" --set public_url={url}")),
        _ => None,
    });
    let (program, flags) = (program(), flags.collect::<String>());
    format!("Data:     {folder}\nAnother app password: {program}{flags} admin app-password create USER NAME")
}
