//! Lists on the wire, a page at a time.

use domain::Page;
use domain::page::{ENTRIES, ENTRIES_MAX};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct List<T> {
    /// The entries, in the order asked for.
    pub entries: Vec<T>,
    /// What to send as `cursor` for the next page; null on the last one.
    #[schema(required = true, example = "6e616d650a3031613230310a74616e6e")]
    pub next: Option<String>,
    /// How many entries there are in all, if `total=true` was asked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub total: Option<u64>,
}

impl<T, U: From<T>> From<Page<T>> for List<U> {
    fn from(page: Page<T>) -> Self {
        let Page { entries, next, total } = page.map(U::from);
        Self { entries, next: next.map(|cursor| cursor.to_string()), total }
    }
}

/// Which part of a list is asked for.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListParams {
    /// Where the page begins: the `next` of the page before.
    pub cursor: Option<String>,
    /// How many entries the page has at most.
    #[param(minimum = 1, maximum = 500, default = 100)]
    pub limit: Option<u32>,
    /// Whether to say how many entries there are in all.
    #[param(default = false)]
    pub total: Option<bool>,
}

impl ListParams {
    /// The same in the words of the house.
    ///
    /// # Errors
    /// [`Invalid`](domain::Error::Invalid) for a limit out of bounds, or what is no cursor.
    pub fn page(&self) -> domain::Result<domain::PageRequest> {
        let entries = self.limit.unwrap_or(ENTRIES);
        if entries == 0 || entries > ENTRIES_MAX {
            let text = format!("`limit` is a number from 1 to {ENTRIES_MAX}.");
            return Err(domain::Error::Invalid(text.into()));
        }
        Ok(domain::PageRequest {
            after: self.cursor.as_deref().map(domain::Cursor::parse).transpose()?,
            entries,
            with_total: self.total.unwrap_or(false),
        })
    }
}
