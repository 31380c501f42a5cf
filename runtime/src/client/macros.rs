//! Macros that implement the methods of request types in generated code. Generated code calls the macros with plain
//! names. Macros whose names begin with `__` are only called by these.

/// Implements `with`, `send` and its variants, and `IntoFuture` for a request type, which is a struct around a
/// [`Request`](crate::client::Request).
///
/// The name of the [`Operation`](crate::client::Operation) may follow the type, so that tests can identify the request.
/// The kind of response follows the arrow:
///
/// - `json T`: JSON.
/// - `pages T`: JSON, where `T` is a page of a list.
/// - `optional T`: JSON or no content.
/// - `empty`: no content.
/// - `text`: text.
/// - `csv T`: text with CSV rows that are decoded as `T`.
#[macro_export]
macro_rules! operation {
    ($name:ident $(as $operation:ident)? => json $output:ty) => {
        $crate::__operation!($name, json, $output);
        $crate::__send_json!($name, json, $crate::types::JsonValue);
        $crate::__endpoint!($name, of_json, $output $(, $operation)?);
    };
    ($name:ident $(as $operation:ident)? => pages $output:ty) => {
        $crate::__operation!($name, json, $output);
        $crate::__send_json!($name, json, $crate::types::JsonValue);
        $crate::__endpoint!($name, of_json, $output $(, $operation)?);

        impl $name {
            /// Returns a stream of the pages of the list. It begins with the page that the request sets, or else with
            /// the first page.
            #[inline]
            pub fn pages(self) -> $crate::client::Pages<$output> {
                $crate::client::Pages::new(self.0)
            }

            /// Returns a stream of the items of all pages of the list. It begins with the page that the request sets,
            /// or else with the first page.
            #[doc(alias = "iter_list")]
            #[inline]
            pub fn stream(self) -> $crate::client::Items<$output> {
                $crate::client::Items::new(self.0)
            }

            /// Collects the items of all pages of the list in a `Vec`. Begins with the page that the request sets, or
            /// else with the first page.
            #[doc(alias = "list_all")]
            #[inline]
            pub fn collect_all(self) -> $crate::client::CollectAll<$output> {
                self.stream().collect_all()
            }
        }
    };
    ($name:ident $(as $operation:ident)? => optional $output:ty) => {
        $crate::__operation!($name, optional, ::core::option::Option<$output>);
        $crate::__send_json!($name, optional, ::core::option::Option<$crate::types::JsonValue>);
        $crate::__endpoint!($name, of_optional, ::core::option::Option<$output> $(, $operation)?);
    };
    ($name:ident $(as $operation:ident)? => empty) => {
        $crate::__operation!($name, empty, ());
        $crate::__endpoint!($name, of_empty, () $(, $operation)?);
    };
    ($name:ident $(as $operation:ident)? => csv $row:ty) => {
        $crate::operation!($name $(as $operation)? => text);
        $crate::__rows!($name, $row);
    };
    ($name:ident $(as $operation:ident)? => text) => {
        $crate::__operation!($name, text, ::std::string::String);
        $crate::__records!($name);

        impl $name {
            /// Sends the request and returns the response body as bytes.
            #[inline]
            pub fn send_bytes(self) -> $crate::client::Call<$crate::__private::Bytes> {
                $crate::client::Call::<$crate::__private::Bytes>::bytes(self.0)
            }

            /// Sends the request and returns the response body as a stream of chunks, without a size limit.
            #[inline]
            pub fn send_stream(self) -> $crate::client::Call<$crate::client::ByteStream> {
                $crate::client::Call::<$crate::client::ByteStream>::stream(self.0)
            }
        }
        $crate::__endpoint!($name, of_text, ::std::string::String $(, $operation)?);
    };
}

/// Implements [`Body`](crate::client::Body), so that a variant of a union, or a reference to it, can be sent as the
/// union.
#[macro_export]
macro_rules! variant_body {
    ($union:ty: $variant:ty) => {
        impl $crate::client::Body<$union> for $variant {}
        impl $crate::client::Body<$union> for &$variant {}
    };
}

/// Implements [`Page`](crate::client::Page) for a type with `items` and `pagination`, or for a union of such types.
///
/// For a type, the kind of pagination follows the item type: `last` if the page contains the number of the last page,
/// `more` if it contains whether there is a next page. For a union, the variants follow.
#[macro_export]
macro_rules! page {
    ($name:ident of $item:ty, last) => {
        $crate::__page!($name, $item, page => $crate::client::Extent::Last(page.pagination.max_page));
    };
    ($name:ident of $item:ty, more) => {
        $crate::__page!($name, $item, page => match page.pagination.has_next_page {
            true => $crate::client::Extent::More,
            false => $crate::client::Extent::End,
        });
    };
    ($name:ident of $item:ty, $($variant:ident)|+) => {
        impl $crate::client::Page for $name {
            type Item = $item;

            #[inline]
            fn extent(&self) -> $crate::client::Extent {
                match self {
                    $(Self::$variant(page) => $crate::client::Page::extent(&**page),)+
                    Self::Unknown(_) => $crate::client::Extent::Unknown,
                }
            }

            #[inline]
            fn into_items(self) -> ::std::vec::Vec<$item> {
                match self {
                    $(Self::$variant(page) => page.items,)+
                    Self::Unknown(_) => ::std::vec::Vec::new(),
                }
            }

            #[inline]
            fn items_mut(&mut self) -> ::core::option::Option<&mut ::std::vec::Vec<$item>> {
                match self {
                    $(Self::$variant(page) => ::core::option::Option::Some(&mut page.items),)+
                    Self::Unknown(_) => ::core::option::Option::None,
                }
            }

            #[inline]
            fn is_empty(&self) -> bool {
                match self {
                    $(Self::$variant(page) => page.items.is_empty(),)+
                    Self::Unknown(_) => true,
                }
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __page {
    ($name:ident, $item:ty, $page:ident => $extent:expr) => {
        impl $crate::client::Page for $name {
            type Item = $item;

            #[inline]
            fn extent(&self) -> $crate::client::Extent {
                let $page = self;
                $extent
            }

            #[inline]
            fn into_items(self) -> ::std::vec::Vec<$item> {
                self.items
            }

            #[inline]
            fn items_mut(&mut self) -> ::core::option::Option<&mut ::std::vec::Vec<$item>> {
                ::core::option::Option::Some(&mut self.items)
            }

            #[inline]
            fn is_empty(&self) -> bool {
                self.items.is_empty()
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __operation {
    ($name:ident, $form:ident, $output:ty) => {
        impl $name {
            /// Sets options of this call, such as timeouts, retries, headers and the token.
            #[inline]
            pub fn with(mut self, options: $crate::client::CallOptions) -> Self {
                self.0.options(options);
                self
            }

            /// Sends the request. Equivalent to awaiting the request.
            #[inline]
            pub fn send(self) -> $crate::client::Call<$output> {
                $crate::client::Call::<$output>::$form(self.0)
            }

            /// Sends the request, and also returns the status and headers of the response.
            #[inline]
            pub fn send_with_response(self) -> $crate::client::ResponseCall<$output> {
                self.send().with_response()
            }

            $crate::__send_blocking!($output);
        }

        impl ::core::convert::From<$name> for $crate::client::Request {
            #[inline]
            fn from(request: $name) -> Self {
                request.0
            }
        }

        impl ::core::future::IntoFuture for $name {
            type Output = ::core::result::Result<$output, $crate::Error>;
            type IntoFuture = $crate::client::Call<$output>;

            #[inline]
            fn into_future(self) -> Self::IntoFuture {
                self.send()
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __send_json {
    ($name:ident, $form:ident, $output:ty) => {
        impl $name {
            /// Sends the request and returns the response as JSON, including unknown fields, without decoding it as the
            /// response type.
            ///
            /// Fails with `Error::Decode`, which contains the received body, if the JSON has a duplicate key, more than
            /// 128 levels, or a number that exceeds the range of an `f64`. If the operation may respond without
            /// content, a response with the status 202 returns `None`, whatever its body contains.
            #[inline]
            pub fn send_json(self) -> $crate::client::Call<$output> {
                $crate::client::Call::<$output>::$form(self.0)
            }

            $crate::__send_json_blocking!($output);
        }
    };
}

#[cfg(feature = "blocking")]
#[doc(hidden)]
#[macro_export]
macro_rules! __send_json_blocking {
    ($output:ty) => {
        /// Sends the request like [`send_json`](Self::send_json), but blocks the current thread.
        #[inline]
        pub fn send_json_blocking(self) -> ::core::result::Result<$output, $crate::Error> {
            self.send_json().wait()
        }
    };
}

#[cfg(not(feature = "blocking"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __send_json_blocking {
    ($output:ty) => {};
}

#[cfg(feature = "exports")]
#[doc(hidden)]
#[macro_export]
macro_rules! __records {
    ($name:ident) => {
        impl $name {
            /// Returns a stream of the rows of the export as strings, accessed by column title.
            #[inline]
            pub fn records(self) -> $crate::client::Records {
                $crate::client::Records::new(self.0)
            }
        }
    };
}

#[cfg(not(feature = "exports"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __records {
    ($name:ident) => {};
}

#[cfg(feature = "exports")]
#[doc(hidden)]
#[macro_export]
macro_rules! __rows {
    ($name:ident, $row:ty) => {
        impl $name {
            /// Returns a stream of the decoded rows of the export.
            #[inline]
            pub fn rows(self) -> $crate::client::Rows<$row> {
                $crate::client::Rows::new(self.0)
            }
        }
    };
}

#[cfg(not(feature = "exports"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __rows {
    ($name:ident, $row:ty) => {};
}

#[cfg(feature = "blocking")]
#[doc(hidden)]
#[macro_export]
macro_rules! __send_blocking {
    ($output:ty) => {
        /// Sends the request and blocks the current thread until the response is available.
        ///
        /// Inside an async task, it returns an error. There, await the request, or call this method in
        /// `tokio::task::spawn_blocking`.
        #[inline]
        pub fn send_blocking(self) -> ::core::result::Result<$output, $crate::Error> {
            self.send().wait()
        }
    };
}

#[cfg(not(feature = "blocking"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __send_blocking {
    ($output:ty) => {};
}
