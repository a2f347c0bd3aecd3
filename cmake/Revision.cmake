# Run at every build: writes version.cpp, and touches it only when the revision has changed.
execute_process(COMMAND git -C ${SOURCE_DIR} describe --always --abbrev=12 --exclude=* --dirty=+dirty
                OUTPUT_VARIABLE BLOCKSPIN_REVISION OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(BLOCKSPIN_REVISION unknown)
endif()
configure_file(${SOURCE_DIR}/src/core/version.cpp.in ${OUTPUT} @ONLY)
