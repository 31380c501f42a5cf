//! Phase 2, lower: converts the document to the IR.
//!
//! A component is *declared* when it is first referred to: it gets an ID. It is *defined* later, from a queue. So recursive
//! types need no special case. When all types are defined, the function [`lower`] calls the passes, each of which
//! transforms all types and operations.

mod absence;
mod ambiguous;
mod decide;
mod declare;
mod discriminator;
mod draft;
mod facts;
mod graph;
mod ids;
mod inherit;
mod location;
mod lookups;
mod name;
mod nullable;
mod operations;
mod paging;
mod recursion;
mod renamed;
mod representation;
mod scalar;
mod services;
mod split;
mod tuple;
mod types;
mod union;
mod usage;
mod webhooks;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use crate::document::{Document, IdOf, ServerExt as _};
use crate::documentation::{Coverage, Documentation, Glossary};
use crate::error::{Problem, Report};
use crate::ir::{Api, Facts, Page, Server, Service, Type, TypeDef, TypeId, Webhook};
use crate::names;
use location::{Location, Node};

/// The result of lowering.
pub(crate) struct Lowered<'a> {
    pub(crate) api: Api,
    pub(crate) coverage: Coverage,
    pub(crate) entries_used: BTreeSet<(&'static str, &'a str)>,
}

/// Lowers a document.
///
/// # Errors
/// Everything that the IR cannot represent, with its place.
pub(crate) fn lower<'a>(
    document: &Document,
    documentation: &'a Documentation,
) -> Result<Lowered<'a>, Report> {
    let mut cx = Lowering::new(document, documentation);

    // Operations and webhooks, and all types that they refer to.
    let mut draft = operations::draft(&mut cx);
    types::fill(&mut cx);

    // References get the facts of their targets. Payloads of webhooks must have a `type`.
    recursion::reject_alias_cycles(&mut cx);
    inherit::apply_component_facts(&mut cx, &mut draft);
    let webhooks = webhooks::collect(&mut cx, &draft.webhooks);
    recursion::box_cycles(&mut cx);

    // Names. Inline types come first, because variants are named after their types.
    name::inline_types(&mut cx);
    union::name_variants(&mut cx);

    // Finds the types that are pages, and whether types are sent, received or both. A type that differs between the
    // directions becomes two types.
    let pages = paging::find_pages(&mut cx, &mut draft);
    split::by_direction(&mut cx, &mut draft);
    usage::assign(&mut cx, &draft);
    representation::choose(&mut cx);
    absence::describe(&mut cx);

    // Decides how unions are discriminated. Only unions that are received need this.
    union::resolve(&mut cx);
    ambiguous::choose(&mut cx);

    // Last, so that the passes above see plain UUIDs and operations without their services.
    let error_codes = operations::name_errors(&cx, &mut draft);
    ids::assign(&mut cx, &mut draft);
    let services = services::group(&mut cx, draft);
    cx.finish(services, pages, webhooks, error_codes)
}

/// The state of this phase.
struct Lowering<'d, 'w> {
    document: &'d Document,
    glossary: Glossary<'w>,
    types: Vec<TypeDef>,
    /// Components by schema name.
    components: HashMap<String, TypeId>,
    /// Nullable components. References to them are nullable types; their definitions are not.
    nullable: HashSet<TypeId>,
    /// The facts of components, which references to them inherit.
    component_facts: HashMap<TypeId, Facts>,
    /// Components that are declared and not defined yet.
    queue: VecDeque<(TypeId, String)>,
    /// Inline types, which get their names when all of them are known.
    inline: Vec<name::Inline>,
    /// Ambiguous unions, with the reason why they are accepted.
    ambiguous: HashMap<TypeId, ambiguous::Accepted>,
    /// `x-id-of` annotations by JSON pointer of the property or of the parameter's schema.
    identified: BTreeMap<String, IdOf>,
    problems: Vec<Problem>,
}

impl<'d, 'w> Lowering<'d, 'w> {
    fn new(document: &'d Document, documentation: &'w Documentation) -> Self {
        Self {
            document,
            glossary: Glossary::new(documentation),
            types: Vec::new(),
            components: HashMap::new(),
            nullable: HashSet::new(),
            component_facts: HashMap::new(),
            queue: VecDeque::new(),
            inline: Vec::new(),
            ambiguous: HashMap::new(),
            identified: BTreeMap::new(),
            problems: Vec::new(),
        }
    }

    fn problem(&mut self, at: &str, message: impl Into<String>) {
        self.problems
            .push(Problem::new(&self.document.file, at, message));
    }

    /// Returns the type of the values of a schema, and the facts about them. Modules that convert a part of a schema (unions,
    /// tuples) call this method for the schemas in it.
    fn value(&mut self, node: Node<'_>, location: &Location) -> (Type, Facts) {
        types::value(self, node, location)
    }

    fn servers(&mut self) -> Vec<Server> {
        let servers = &self.document.api.servers;
        servers
            .iter()
            .map(|server| Server {
                name: names::field(server.environment().unwrap_or("production")),
                url: server.url.trim_end_matches('/').to_owned(),
            })
            .collect()
    }

    fn finish(
        mut self,
        services: Vec<Service>,
        pages: BTreeMap<TypeId, Page>,
        webhooks: Vec<Webhook>,
        error_codes: BTreeMap<String, Vec<u16>>,
    ) -> Result<Lowered<'w>, Report> {
        let mut api = Api {
            file: self.document.file.clone(),
            version: self.document.api.info.version.clone(),
            servers: self.servers(),
            types: std::mem::take(&mut self.types),
            services,
            pages,
            error_codes,
            webhooks,
        };
        usage::mark_bodies(&mut api);
        if !names::is_version(&api.version) {
            let message = format!("expected a version like `2026-10`, found `{}`", api.version);
            self.problem("/info/version", message);
        }
        Report::check(self.problems)?;
        let (coverage, entries_used) = self.glossary.finish();
        Ok(Lowered {
            api,
            coverage,
            entries_used,
        })
    }
}
