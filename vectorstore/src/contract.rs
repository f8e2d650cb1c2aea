//! The contract suite: what every store must do, run on each of them.

mod fixture;

mod documents;
mod indexes;
mod keyword;
mod readers;

#[cfg(feature = "lance")]
mod durability;
#[cfg(feature = "lance")]
mod scale;

use fixture::Opened;

/// Runs each check of the suite on each store.
macro_rules! contract {
    ($($module:ident :: $check:ident),+ $(,)?) => {
        mod memory {
            $(#[tokio::test]
            async fn $check() {
                super::$module::$check(super::Opened::memory()).await;
            })+
        }

        #[cfg(feature = "lance")]
        mod lance {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $check() {
                super::$module::$check(super::Opened::lance().await).await;
            })+
        }
    };
}

contract! {
    indexes::making_an_index_twice_is_fine_with_the_same_spec,
    indexes::a_missing_index_is_an_error_but_for_dropping,
    indexes::a_dropped_index_leaves_nothing_to_one_of_the_same_name,
    indexes::an_empty_index_finds_nothing,
    indexes::a_vector_of_another_length_is_refused_and_changes_nothing,
    documents::chunks_come_back_as_they_went_in,
    documents::replacing_leaves_no_trace_of_the_old_chunks,
    documents::replacing_twice_is_the_same_as_once,
    documents::deleting_brings_the_counts_back,
    documents::nearest_come_first_and_ties_go_by_id,
    documents::a_filter_leaves_only_its_documents,
    keyword::new_chunks_are_found_at_once_and_deleted_ones_never,
    keyword::forms_of_a_word_are_found,
    keyword::compounds_are_found_by_their_parts,
    keyword::hyphens_and_apostrophes_make_no_difference,
    keyword::stop_words_are_looked_for_where_there_is_nothing_else,
    keyword::characters_in_a_query_mean_nothing,
    keyword::rare_words_weigh_more,
    keyword::chunks_that_have_words_are_counted_by_document,
    readers::readers_see_the_old_set_or_the_new,
    readers::maintenance_changes_no_result,
}
