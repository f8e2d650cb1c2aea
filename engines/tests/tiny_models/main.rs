//! The candle back end against candle-transformers' own networks, on tiny models of random weights
//! that are written here: what is checked is the arithmetic, not what a model knows.

#![cfg(feature = "candle")]

mod chat;
mod embedders;
mod judges;
mod model;
mod rerankers;
