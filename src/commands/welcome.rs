//! What a starting server tells the person in front of it.

use domain::Durability;
use services::setup::Welcome;
use web::mounting;

use crate::commands::shell;
use crate::config::{Config, Settings};
use crate::house::drive_address;

/// What the first start says, once: the labelled lines first, so that scripts find them.
pub fn first(welcome: &Welcome, config: &Config, settings: &Settings) -> String {
    let Welcome { user, password, app_password } = welcome;
    let address = drive_address(config);
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
{}{}{}
Mount the drive with the client you like best:

{steps}
",
        app_password.secret,
        more(config, settings),
        exposure(config),
        weakness(config),
        address.elsewhere(),
    )
}

/// What every later start says.
pub fn again(config: &Config, settings: &Settings) -> String {
    let address = drive_address(config);
    let (more, elsewhere) = (more(config, settings), address.elsewhere());
    format!("Address:  {address}\n{more}\n{}{}{elsewhere}", exposure(config), weakness(config))
}

/// One sentence when an answer does not wait for the disk; or nothing.
pub fn weakness(config: &Config) -> String {
    match config.durability {
        Durability::PowerLoss => String::new(),
        Durability::ProcessCrash => {
            "\nThe setting durability is \"process-crash\": what was acknowledged in the last \
             half minute may be lost if this machine loses power or its system crashes.\n"
                .to_owned()
        }
    }
}

/// One sentence when people on the network could reach the server, and so could listeners; or nothing.
pub fn exposure(config: &Config) -> String {
    let is_open = !config.server.listen.ip().is_loopback()
        || config.webdav.listen.is_some_and(|address| !address.ip().is_loopback());
    let has_proxy = config.public_url.as_ref().is_some_and(|url| url.starts_with("https://"));
    if !is_open || has_proxy || config.tls.is_on() {
        return String::new();
    }
    "\nThis server can be reached from other machines without TLS: anybody on the way can read passwords and files, \
     so set tls.certificate and tls.key, or put a proxy with TLS before it.\n"
        .to_owned()
}

fn more(config: &Config, settings: &Settings) -> String {
    let folder = shell::absolute(&config.data_folder);
    let program = shell::this_program(config, settings);
    format!("Data:     {folder}\nAnother app password: {program} admin app-password create USER NAME")
}
