# blockspin_flags: what every translation unit is compiled with.
#   -ffp-contract=off        the same floating-point bits on every code path
#   OMPI_SKIP_MPICXX         no C++ bindings of MPI
add_library(blockspin_flags INTERFACE)
target_compile_features(blockspin_flags INTERFACE cxx_std_20)
target_compile_options(blockspin_flags INTERFACE -ffp-contract=off -fno-math-errno)
target_compile_definitions(blockspin_flags INTERFACE OMPI_SKIP_MPICXX=1 MPICH_SKIP_MPICXX=1)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  # The baseline has hardware AES; faster instruction sets are chosen at run time (Google Highway).
  target_compile_options(blockspin_flags INTERFACE -march=x86-64-v2 -maes -mpclmul)
endif()
if(BLOCKSPIN_DEVELOPER)
  target_compile_options(blockspin_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                         -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough -Werror)
  target_compile_definitions(blockspin_flags INTERFACE _GLIBCXX_ASSERTIONS=1)
endif()
if(BLOCKSPIN_SANITIZE)
  target_compile_options(blockspin_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=undefined
                         -fno-omit-frame-pointer)
  target_link_options(blockspin_flags INTERFACE -fsanitize=address,undefined)
endif()
if(BLOCKSPIN_FUZZ)
  target_compile_options(blockspin_flags INTERFACE -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
                         -fno-omit-frame-pointer)
  target_compile_definitions(blockspin_flags INTERFACE _GLIBCXX_ASSERTIONS=1)
  target_link_options(blockspin_flags INTERFACE -fsanitize=address,undefined)
endif()

# blockspin_module(NAME SOURCES a.cpp … DEPENDS core … LIBRARIES fmt::fmt … PRIVATE_LIBRARIES …)
# One static library per module, blockspin::NAME, in the folder that bears its name.
function(blockspin_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;LIBRARIES;PRIVATE_LIBRARIES" ${ARGN})
  add_library(blockspin_${name} STATIC ${ARG_SOURCES})
  add_library(blockspin::${name} ALIAS blockspin_${name})
  set_target_properties(blockspin_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON EXPORT_NAME ${name})
  target_include_directories(blockspin_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  list(TRANSFORM ARG_DEPENDS PREPEND blockspin::)
  target_link_libraries(blockspin_${name} PUBLIC ${ARG_DEPENDS} ${ARG_LIBRARIES}
                        PRIVATE $<BUILD_INTERFACE:blockspin_flags> ${ARG_PRIVATE_LIBRARIES})
  target_compile_features(blockspin_${name} PUBLIC cxx_std_20)
  set_property(GLOBAL APPEND PROPERTY BLOCKSPIN_MODULES blockspin_${name})
endfunction()
