//! Examples of bodies, put together from those of their fields.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{ArrayItems, KnownFormat, Object, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{Content, Ref, RefOr, Schema};

const UUID: &str = "01a1f6e0-8c5e-7d4a-9b1c-2f3a4b5c6d7e";
const BYTES: &str = "The content of the file.";

type Schemas = BTreeMap<String, RefOr<Schema>>;

/// Gives every body of an operation an example.
pub fn add(operation: &mut Operation, schemas: &Schemas) {
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        fill(body.content.values_mut(), &Maker { schemas, is_request: true });
    }
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            fill(response.content.values_mut(), &Maker { schemas, is_request: false });
        }
    }
}

fn fill<'a>(contents: impl Iterator<Item = &'a mut RefOr<Content>>, maker: &Maker<'_>) {
    for content in contents {
        if let RefOr::T(content) = content
            && content.example.is_none()
            && let Some(schema) = &content.schema
        {
            content.example = maker.of(schema);
        }
    }
}

/// Makes examples of schemas.
struct Maker<'a> {
    schemas: &'a Schemas,
    /// Of a request what may be left out is, unless its schema has an example of its own.
    is_request: bool,
}

impl Maker<'_> {
    fn of(&self, schema: &RefOr<Schema>) -> Option<Value> {
        match schema {
            RefOr::Ref(Ref { ref_location, .. }) => {
                self.of(self.schemas.get(ref_location.rsplit('/').next().unwrap_or_default())?)
            }
            RefOr::T(Schema::Object(object)) => self.of_object(object),
            RefOr::T(Schema::Array(array)) => {
                let ArrayItems::RefOrSchema(items) = &array.items else { return None };
                let own = array.example.clone();
                own.or_else(|| Some(Value::Array(self.of(items).into_iter().collect())))
            }
            RefOr::T(Schema::OneOf(one)) => one.items.iter().find_map(|item| self.of(item)),
            RefOr::T(Schema::AllOf(all)) => {
                let parts = all.items.iter().filter_map(|item| self.of(item));
                let fields = parts.filter_map(|part| part.as_object().cloned()).flatten();
                Some(Value::Object(fields.collect()))
            }
            RefOr::T(_) => None,
        }
    }

    fn of_object(&self, object: &Object) -> Option<Value> {
        let own = object.example.as_ref().or(object.examples.first());
        if let Some(own) = own.or(object.enum_values.as_ref().and_then(|values| values.first())) {
            return Some(own.clone());
        }
        match kind(&object.schema_type)? {
            Type::Object => {
                let fields = object.properties.iter().filter_map(|(name, schema)| {
                    let is_given = !self.is_request || object.required.contains(name) || has_example(schema);
                    Some((name.clone(), self.of(schema).filter(|_| is_given)?))
                });
                Some(Value::Object(fields.collect::<Map<_, _>>()))
            }
            Type::String => Some(match &object.format {
                Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)) => json!(UUID),
                Some(SchemaFormat::KnownFormat(KnownFormat::Binary)) => json!(BYTES),
                _ => json!(""),
            }),
            Type::Integer => Some(json!(1)),
            Type::Boolean => Some(json!(false)),
            _ => None,
        }
    }
}

/// Of a type that may be null, the other one.
fn kind(kind: &SchemaType) -> Option<&Type> {
    match kind {
        SchemaType::Type(kind) => Some(kind),
        SchemaType::Array(kinds) => kinds.iter().find(|kind| **kind != Type::Null),
        SchemaType::AnyValue => None,
    }
}

fn has_example(schema: &RefOr<Schema>) -> bool {
    matches!(schema, RefOr::T(Schema::Object(object)) if object.example.is_some())
}
