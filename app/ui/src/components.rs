//! The parts of pages, one a file: first what stands on every page, then collections, documents,
//! questions and answers, evaluation.

pub(crate) mod deed_button;
pub mod missing;
pub mod notice;
pub mod site_header;
pub mod theme_toggle;
pub mod when;

pub mod confirm_dialog;
pub mod form_dialog;
pub mod rename_dialog;

pub mod collection_card;
pub mod create_collection;
pub mod model_select;
pub mod model_status;

pub(crate) mod renames;
pub(crate) mod workspace_state;
pub(crate) mod workspace_view;

pub mod document_row;
pub mod document_table;
pub mod ingest_progress;
pub mod upload_area;
pub mod upload_list;

pub mod document_details;
mod document_link;
pub mod document_reader;
pub mod document_text;
mod original_page;

pub mod collection_settings;

pub mod answer_turn;
pub mod ask_form;
pub mod chat;
pub mod conversation_list;
pub mod limit_picker;
pub mod mode_select;
pub mod receipt;
pub mod source_list;
pub mod trace_details;

pub mod evaluation;

pub mod sources;

pub(crate) mod attempt;
pub mod live_answer;
pub mod loaded_models;
pub mod tool_server;
