//! Dead properties: what clients attach to a node and want back unchanged (RFC 4918 §4).

/// The name of a property: a namespace, which may be empty, and a local name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PropertyName {
    /// The XML namespace, empty for none.
    pub namespace: String,
    /// The local name.
    pub local: String,
}

impl PropertyName {
    /// A name in a namespace.
    pub fn new(namespace: impl Into<String>, local: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), local: local.into() }
    }
}

/// A property with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadProperty {
    /// Its name.
    pub name: PropertyName,
    /// The whole element as well-formed XML that declares every namespace it uses, so that it can stand
    /// in any answer as it is.
    pub xml: String,
}

/// One instruction of a PROPPATCH, carried out in document order (RFC 4918 §9.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PropertyChange {
    /// Store it, over an old value if there is one.
    Set(DeadProperty),
    /// Forget it; nothing happens if it is not there.
    Remove(PropertyName),
}

impl PropertyChange {
    /// The name of what changes.
    pub fn name(&self) -> &PropertyName {
        match self {
            Self::Set(property) => &property.name,
            Self::Remove(name) => name,
        }
    }
}
