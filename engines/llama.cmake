# Read by CMake when it configures llama.cpp (`.cargo/config.toml` names it).
#
# llama.cpp may lay out weights anew while it loads them. Where the processor multiplies bytes in registers of 512 bits,
# the weights as they are in the file are read faster, and take a third less memory: see
# `docs/decisions/136-kernels-are-chosen-at-run-time.md`. llama.cpp knows one switch for all of its libraries.

function(quire_keep_weights_as_they_are)
    foreach(processor skylakex cannonlake cascadelake icelake cooperlake zen4 sapphirerapids)
        set(library ggml-cpu-${processor})
        if(TARGET ${library})
            get_target_property(definitions ${library} COMPILE_DEFINITIONS)
            list(REMOVE_ITEM definitions GGML_USE_CPU_REPACK)
            set_target_properties(${library} PROPERTIES COMPILE_DEFINITIONS "${definitions}")
        endif()
    endforeach()
endfunction()

# Older versions cannot wait for the libraries to be named; all of them pack weights anew then.
if(CMAKE_CURRENT_SOURCE_DIR STREQUAL CMAKE_SOURCE_DIR AND CMAKE_VERSION VERSION_GREATER_EQUAL 3.19)
    cmake_language(DEFER CALL quire_keep_weights_as_they_are)
endif()
