//! Emits the codec of unions. Decoding follows the decision that discriminates the variants.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use super::common_fields::{self, shared_fields};
use crate::emit::models::ambiguous;
use crate::emit::types::{ident, literal};
use crate::ir::{Api, Constant, Decision, Kind, Needed, Resolution, Sought, Type, TypeDef, Union};
use crate::names;

/// Emits the codec of a union.
pub(in crate::emit) fn codec(api: &Api, def: &TypeDef, union: &Union) -> TokenStream {
    let name = ident(&def.name.rust);
    let arms = union.variants.iter().map(|variant| {
        let (pattern, text) = (ident(&variant.name.rust), &variant.name.rust);
        match &variant.ty {
            Type::Const(constant) => {
                let value = literal(constant);
                quote!(Self::#pattern => (#text, &#value),)
            }
            _ => quote!(Self::#pattern(value) => (#text, value),),
        }
    });
    match &union.resolution {
        Resolution::Ambiguous { choices, .. } => ambiguous::codec(def, union, choices.as_ref()),
        Resolution::WriteOnly => quote! {
            impl Choice for #name {
                fn view(&self) -> (&'static str, &dyn Encode) {
                    match self { #(#arms)* }
                }
            }
        },
        Resolution::Decided(decision) => {
            let fields = shared_fields(api, union).into_iter();
            let tags = common_fields::tags(api, union).into_iter();
            let mut reader = Reader {
                union,
                names: fields
                    .map(|field| field.name())
                    .chain(tags.map(|tag| tag.name.rust.as_str()))
                    .map(str::to_owned)
                    .collect(),
                unknown: match shared_fields(api, union).is_empty() {
                    true => quote!(Self::Unknown(node.json())),
                    false => quote!(Self::Unknown(node.unknown())),
                },
                parts: Vec::new(),
            };
            let read = reader.decide(decision).tokens();
            let unknown = common_fields::unknown_codec(api, def, union);
            let parts = (!reader.parts.is_empty()).then(|| {
                let parts = &reader.parts;
                quote!(impl #name { #(#parts)* })
            });
            quote! {
                impl Union for #name {
                    fn read(node: Node<'_, '_>) -> Self {
                        #read
                    }

                    fn view(&self) -> (&'static str, &dyn Encode) {
                        match self {
                            #(#arms)*
                            Self::Unknown(value) => ("Unknown", value),
                        }
                    }
                }
                #parts
                #unknown
            }
        }
    }
}

/// Emits decisions as expressions. A decision within a match arm becomes a method of its own.
struct Reader<'u> {
    union: &'u Union,
    /// The names of the methods emitted so far.
    names: BTreeSet<String>,
    /// The expression for a value that is none of the variants.
    unknown: TokenStream,
    /// The methods emitted so far, each for a decision within a match arm.
    parts: Vec<TokenStream>,
}

/// The emitted code of a decision. Its form determines how it is embedded: an `if` can follow `else` without braces, and a
/// match arm with an `if` or a `match` becomes a method of its own.
enum Code {
    /// An expression that is neither an `if` nor a `match`.
    Plain(TokenStream),
    If(TokenStream),
    Match(TokenStream),
}

impl Code {
    fn tokens(self) -> TokenStream {
        match self {
            Self::Plain(tokens) | Self::If(tokens) | Self::Match(tokens) => tokens,
        }
    }

    /// Returns the tokens after `else`.
    fn otherwise(self) -> TokenStream {
        match self {
            Self::If(tokens) => quote!(else #tokens),
            Self::Plain(tokens) | Self::Match(tokens) => quote!(else { #tokens }),
        }
    }
}

impl Reader<'_> {
    fn decide(&mut self, decision: &Decision) -> Code {
        match decision {
            Decision::Unknown => Code::Plain(self.unknown.clone()),
            Decision::Variant(index) => {
                let variant = &self.union.variants[*index];
                let (pattern, text) = (ident(&variant.name.rust), &variant.name.rust);
                Code::Plain(match &variant.ty {
                    Type::Const(_) => quote!(Self::#pattern),
                    // Formatters break longer lines differently.
                    _ if text.len() > 24 => quote!({
                        let content = node.variant(#text);
                        Self::#pattern(content)
                    }),
                    _ => quote!(Self::#pattern(node.variant(#text))),
                })
            }
            Decision::Tag {
                path,
                arms,
                otherwise,
            } => self.tag(path, arms, otherwise),
            Decision::Key {
                sought,
                needed,
                paths,
                present,
                absent,
            } => {
                let test = match sought {
                    Sought::Value => quote!(has),
                    Sought::Key => quote!(has_key),
                };
                let tests = paths.iter().map(|path| quote!(node.#test(&[#(#path),*])));
                let tests = match needed {
                    Needed::Any => quote!(#(#tests)||*),
                    Needed::All => quote!(#(#tests)&&*),
                };
                let present = self.decide(present).tokens();
                let absent = self.decide(absent).otherwise();
                Code::If(quote!(if #tests { #present } #absent))
            }
            Decision::Kind { arms } => {
                let arms: Vec<TokenStream> = arms
                    .iter()
                    .map(|(kinds, then)| {
                        let then = self.arm(&format!("{:?}", kinds[0]), then);
                        let kinds = kinds.iter().map(|kind| kind_pattern(*kind));
                        quote!(#(#kinds)|* => #then,)
                    })
                    .collect();
                let unknown = &self.unknown;
                Code::Match(quote!(match node.kind() { #(#arms)* _ => #unknown, }))
            }
            Decision::Format { variant, otherwise } => {
                let pattern = ident(&self.union.variants[*variant].name.rust);
                let otherwise = self.arm("other text", otherwise);
                Code::Match(
                    quote!(match node.parse_exact() { Some(value) => Self::#pattern(value), None => #otherwise, }),
                )
            }
        }
    }

    fn tag(
        &mut self,
        path: &[String],
        arms: &[(Vec<Constant>, Decision)],
        otherwise: &Decision,
    ) -> Code {
        let look = match arms.first().and_then(|(constants, _)| constants.first()) {
            Some(Constant::Boolean(_)) => quote!(flag),
            Some(Constant::Integer(_)) => quote!(integer),
            Some(Constant::String(_) | Constant::Null) | None => quote!(text),
        };
        let path = quote!(&[#(#path),*]);
        if let [(constants, then)] = arms
            && let [constant] = constants.as_slice()
        {
            let constant = literal(constant);
            let (then, otherwise) = (
                self.decide(then).tokens(),
                self.decide(otherwise).otherwise(),
            );
            return Code::If(quote!(if node.#look(#path) == Some(#constant) { #then } #otherwise));
        }
        let arms: Vec<TokenStream> = arms
            .iter()
            .map(|(constants, then)| {
                let then = self.arm(&constants[0].to_string(), then);
                let constants = constants.iter().map(literal);
                quote!(Some(#(#constants)|*) => #then,)
            })
            .collect();
        let otherwise = self.arm("other", otherwise);
        Code::Match(quote!(match node.#look(#path) { #(#arms)* _ => #otherwise, }))
    }

    /// Returns an unused name for the method of a decision within a match arm.
    fn part_name(&mut self, word: &str) -> String {
        let name = names::field(&format!("read {word}")).rust;
        let mut numbered = name.clone();
        let mut number = 2;
        while !self.names.insert(numbered.clone()) {
            numbered = format!("{name}_{number}");
            number += 1;
        }
        numbered
    }

    /// Returns the expression of a match arm.
    fn arm(&mut self, word: &str, decision: &Decision) -> TokenStream {
        match self.decide(decision) {
            Code::Plain(tokens) => tokens,
            Code::If(tokens) | Code::Match(tokens) => {
                let name = ident(&self.part_name(word));
                self.parts.push(quote! {
                    fn #name(node: Node<'_, '_>) -> Self {
                        #tokens
                    }
                });
                quote!(Self::#name(node))
            }
        }
    }
}

fn kind_pattern(kind: Kind) -> TokenStream {
    match kind {
        Kind::Boolean => quote!(Kind::Boolean),
        Kind::Integer => quote!(Kind::Integer),
        Kind::BigInteger => quote!(Kind::BigInteger),
        Kind::Whole => quote!(Kind::Whole),
        Kind::Number => quote!(Kind::Number),
        Kind::String => quote!(Kind::String),
        Kind::Array => quote!(Kind::Array),
        Kind::Object => quote!(Kind::Object),
    }
}
