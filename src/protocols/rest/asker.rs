//! Who asks, and where a request comes from whose sender is not known yet.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use domain::{Caller, Once, RequestId, Timestamp};
use http::request::Parts;
use services::auth::sessions::Visit;
use services::limits::Class;

use crate::api::Api;
use crate::limits;
use crate::problem::Refusal;

/// The caller of a request that came with an access token or an app password.
pub struct Asker(pub Caller);

impl FromRequestParts<Api> for Asker {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Refusal> {
        let caller = match api.gate.recognize(parts).await {
            Ok(caller) => caller,
            Err(unknown) => {
                // Whoever tries credentials counts by their address.
                api.limits.admit(parts, Class::Read, None).await?;
                return Err(unknown.into());
            }
        };
        api.limits.admit(parts, limits::class(parts), Some(&caller)).await?;
        Ok(Self(Caller { once: parts.extensions.get::<Once>().cloned(), ..caller }))
    }
}

/// Somebody who is not known yet.
pub struct Comer {
    address: IpAddr,
    product: String,
    request: RequestId,
    now: Timestamp,
}

impl Comer {
    /// The same in the words of the house.
    pub fn visit(&self) -> Visit<'_> {
        Visit { address: self.address, product: &self.product, request: self.request, now: self.now }
    }
}

impl FromRequestParts<Api> for Comer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Refusal> {
        api.limits.admit(parts, Class::LogIn, None).await?;
        let Visit { address, product, request, now } = gate::visit(parts)?;
        Ok(Self { address, product: product.to_owned(), request, now })
    }
}
