# What every target is built with: the standard, the warnings, the linker, the compiler cache.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(LOTSE_CCACHE ccache)
if(LOTSE_CCACHE)
  # Relative paths and no directory in the hash, so that another checkout of the same sources hits the cache.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${LOTSE_CCACHE})
endif()

find_program(LOTSE_MOLD mold)
if(LOTSE_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_library(lotse_options INTERFACE)
target_include_directories(lotse_options INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_options(lotse_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast -Woverloaded-virtual
  -Wnon-virtual-dtor -Wcast-qual -Wformat=2
  $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond;-Wlogical-op;-fpch-preprocess>
  # g++ 12 sees overlaps in optimised string concatenations that are not there (GCC bug 105651).
  $<$<AND:$<CONFIG:Release>,$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>)
# For every target, so that the tests' one precompiled header fits those that use threads through a library.
add_compile_options(-pthread)
if(LOTSE_SANITIZE)
  add_compile_options(-fsanitize=${LOTSE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${LOTSE_SANITIZE})
  if(LOTSE_SANITIZE MATCHES thread)  # which knows no fences; Asio's queues have mutexes as well
    add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
endif()

# Debian 12 ships these without a CMake package that all their users agree on; one name each for them here.
find_package(Threads REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(tl-expected REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(yaml-cpp 0.7 REQUIRED)
find_package(simdjson 3 REQUIRED)
find_package(date REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(pugixml REQUIRED)
find_package(CLI11 2 REQUIRED)
find_package(spdlog REQUIRED)
find_package(CURL 7.87 REQUIRED)  # 7.87: CURLOPT_QUICK_EXIT
find_path(LOTSE_MUSTACHE_INCLUDE kainjow/mustache.hpp REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(libedit REQUIRED IMPORTED_TARGET libedit)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(jemalloc REQUIRED IMPORTED_TARGET jemalloc)
