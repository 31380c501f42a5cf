//! Paged lists: all items are returned in order, and each page is requested once.

use polar_tests::contract::{Contract, Extent, Generator, Operation as Described};
use serde_json::{Value, json};

use crate::calls::{Arguments, Operation};
use crate::case::arguments;
use crate::fixture::{VersionFixture, setting};
use crate::server::{ContractServer, Received, Reply};

for_each_version! {
    all_pages: pages;
}

/// The numbers of pages that are tested.
const PAGE_COUNTS: [usize; 3] = [0, 1, 7];

/// The only paged list that the contract does not mark as such, because its pages are a union of two types.
const UNMARKED: &str = "events:list";

/// A list and its number of pages.
struct List<'t> {
    operation: &'t Operation,
    /// The schemas of its page types: one that states the number of the last page, or one that states whether another
    /// page follows.
    pages: Vec<&'t Value>,
    arguments: Arguments,
}

async fn pages(fixture: &'static VersionFixture) {
    let server = ContractServer::start(fixture).await;
    let seed = setting("POLAR_SEED", 1);
    let mut paged = Vec::new();
    for operation in &fixture.operations(&server.url) {
        let described = fixture.described(operation.method, operation.path);
        let is_paged = described.is_paged() || operation.id == UNMARKED;
        assert_eq!(operation.is_paged(), is_paged, "{}", operation.id);
        if !is_paged {
            continue;
        }
        paged.push(operation.id);
        let mut generator = Generator::new(&fixture.corrected, seed);
        let list = List {
            operation,
            pages: page_schemas(&fixture.corrected, described),
            arguments: arguments(described, &mut generator, Extent::Required),
        };
        for (schema, count) in list
            .pages
            .iter()
            .flat_map(|it| PAGE_COUNTS.map(|count| (it, count)))
        {
            let contents = contents(&mut generator, schema, count);
            let mut walked = walk(&server, fixture, &list, contents.clone(), Value::clone).await;
            if walked.is_ok() && count < 2 {
                // Servers of older versions respond with a plain array, which contains the whole list.
                let array = |page: &Value| page["items"].clone();
                walked = walk(&server, fixture, &list, contents, array).await;
            }
            if let Err(problem) = walked {
                panic!(
                    "{}, {count} pages, POLAR_SEED={seed}: {problem}",
                    operation.id
                );
            }
        }
    }
    if std::env::var_os("POLAR_OPERATION").is_none() {
        assert_eq!(paged.len(), 39);
    }
}

/// Returns the page types of an operation: one, or the members of a union.
fn page_schemas<'c>(contract: &'c Contract, described: &Described<'c>) -> Vec<&'c Value> {
    let responses = described.responses();
    let success = responses.iter().find(|response| response.status == 200);
    let content = success.unwrap().content.as_ref().unwrap();
    contract.forms(content.schema.schema)
}

/// Returns random pages. If there are several, none of them is empty, because an empty page ends a list.
fn contents<'c>(generator: &mut Generator<'c>, schema: &'c Value, count: usize) -> Vec<Value> {
    let page = |(index, generator): (usize, &mut Generator<'c>)| {
        let number = index + 1;
        loop {
            let mut page = generator.non_null(schema).value;
            page["pagination"] = match page["pagination"].get("max_page") {
                Some(_) => json!({"total_count": count * 2, "max_page": count}),
                None => json!({"has_next_page": number < count}),
            };
            if count == 0 {
                page["items"] = json!([]);
            }
            if count < 2 || page["items"] != json!([]) {
                return page;
            }
        }
    };
    (0..count.max(1))
        .map(|index| page((index, generator)))
        .collect()
}

async fn walk(
    server: &ContractServer,
    fixture: &'static VersionFixture,
    list: &List<'_>,
    contents: Vec<Value>,
    body: fn(&Value) -> Value,
) -> Result<(), String> {
    let answered = contents.clone();
    server.respond_with(move |request| {
        let page = answered.get(number_of(request) - 1).unwrap_or(&Value::Null);
        Reply {
            status: 200,
            content_type: Some("application/json".to_owned()),
            body: body(page).to_string(),
        }
    });
    let items = list.operation.items(&list.arguments);
    let items = items.map_err(|problem| problem.to_string())?.await;
    let requested: Vec<usize> = server.take().iter().map(number_of).collect();
    let items = items.map_err(|error| format!("{error:?}, pages {requested:?}"))?;
    let expected: Vec<usize> = (1..=contents.len()).collect();
    if requested != expected {
        return Err(format!("pages {requested:?} instead of {expected:?}"));
    }
    let all = contents
        .iter()
        .flat_map(|page| page["items"].as_array().unwrap());
    let (all, items) = (all.cloned().collect(), Value::Array(items));
    let difference = fixture.difference().find(&Value::Array(all), &items);
    difference.map_or(Ok(()), Err)
}

/// Returns the number of the requested page.
fn number_of(request: &Received) -> usize {
    let page = request.query.iter().find(|(name, _)| name == "page");
    page.map_or(1, |(_, number)| number.parse().unwrap())
}
