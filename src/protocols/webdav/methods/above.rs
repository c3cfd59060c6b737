//! What lies above the drive on its address: folders that hold nothing but the way down to it.
//!
//! Windows walks to a drive segment by segment and believes in it only if every folder above answers too;
//! GNOME climbs up the same way.

use axum::response::Response;
use http::StatusCode;

use crate::answer;
use crate::client::Client;
use crate::xml::multistatus::Multistatus;

/// A listing of the one folder above, with the drive in it if members are asked for.
pub fn listing(client: Client, prefix: &str, with_members: bool) -> Response {
    let drive = format!("{prefix}/");
    let mut body = Multistatus::begin(client);
    for href in ["/", &drive].into_iter().take(if with_members { 2 } else { 1 }) {
        body.open(href);
        body.propstat("200 OK", |out| {
            out.open("resourcetype");
            out.empty("collection");
            out.close("resourcetype");
        });
        body.close();
    }
    answer::xml(StatusCode::MULTI_STATUS, body.end())
}
