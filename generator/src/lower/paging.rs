//! Determines which operations are paged, and the types of their pages.

use std::collections::BTreeMap;

use super::Lowering;
use super::draft::{Draft, DraftOperation};
use crate::ir::{Page, PageForm, Paging, Presence, Scalar, Shape, Struct, Success, Type, TypeId};

/// The name of the parameter with the page number.
const PAGE: &str = "page";

/// Returns the page types, and sets `paging` of each operation that has a parameter `page` and returns a page.
///
/// The contract marks most of these operations (`x-polar-pagination`). A marked operation that does not meet these
/// conditions is an error.
pub(super) fn find_pages(cx: &mut Lowering<'_, '_>, draft: &mut Draft) -> BTreeMap<TypeId, Page> {
    let mut pages = BTreeMap::new();
    for DraftOperation {
        operation,
        paged_item,
        ..
    } in &mut draft.operations
    {
        let asked = operation.query.iter().any(|param| param.name.wire == PAGE);
        let found = match &operation.success {
            Success::Json(Type::Named(id)) if asked => {
                page(cx, *id, &mut pages).map(|page| (*id, page))
            }
            _ => None,
        };
        let fits = |page: &Page| paged_item.as_ref().is_none_or(|item| *item == page.item);
        match found {
            Some((id, page)) if fits(&page) => {
                operation.paging = Some(Paging {
                    item: page.item.clone(),
                    page: id,
                });
            }
            Some(_) => cx.problem(
                &format!("{}/x-polar-pagination", operation.at),
                "the response is a list of another type",
            ),
            None if paged_item.is_some() => cx.problem(
                &format!("{}/x-polar-pagination", operation.at),
                "a paginated operation has a parameter `page`, and its response has `items` and a `pagination`",
            ),
            None => {}
        }
    }
    pages
}

/// Returns the facts about a type, if it is a page: an object with `items` and `pagination`, or a union of such objects with
/// the same item type.
fn page(cx: &Lowering<'_, '_>, id: TypeId, pages: &mut BTreeMap<TypeId, Page>) -> Option<Page> {
    let found = match &cx.types[id.0].shape {
        Shape::Struct(object) => object_page(cx, object),
        Shape::Union(union) => {
            let variants = union.variants.iter().map(|variant| match &variant.ty {
                Type::Named(id) => page(cx, *id, pages),
                _ => None,
            });
            let variants: Vec<Page> = variants.collect::<Option<_>>()?;
            let item = variants.first()?.item.clone();
            let form = PageForm::OneOf;
            variants
                .iter()
                .all(|page| page.item == item)
                .then_some(Page { item, form })
        }
        Shape::Enum(_) | Shape::Alias(_) => None,
    }?;
    pages.insert(id, found.clone());
    Some(found)
}

fn object_page(cx: &Lowering<'_, '_>, object: &Struct) -> Option<Page> {
    let Type::List(item) = field(object, "items")? else {
        return None;
    };
    let Type::Named(pagination) = field(object, "pagination")? else {
        return None;
    };
    let Shape::Struct(pagination) = &cx.types[pagination.0].shape else {
        return None;
    };
    let form = match (
        field(pagination, "max_page"),
        field(pagination, "has_next_page"),
    ) {
        (Some(Type::Scalar(Scalar::Integer)), _) => PageForm::Last,
        (_, Some(Type::Scalar(Scalar::Boolean))) => PageForm::More,
        _ => return None,
    };
    Some(Page {
        item: (**item).clone(),
        form,
    })
}

/// Returns the type of a required field.
fn field<'a>(object: &'a Struct, key: &str) -> Option<&'a Type> {
    let mut fields = object.fields.iter();
    let field = fields.find(|field| field.name.wire == key)?;
    (field.presence == Presence::Required).then_some(&field.ty)
}
