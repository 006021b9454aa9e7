# lotse_module(base DEPENDS lotse::…): the library `lotse::<name>` of all sources in its folder. A room states what it
# uses here and nowhere else; tools/check_layers.py holds the #include lines to the same list.
function(lotse_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEPENDS")
  get_filename_component(group "${CMAKE_CURRENT_SOURCE_DIR}" NAME)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp")
  set(target lotse_${group}_${name})
  if(sources)
    add_library(${target} STATIC ${sources})
    target_link_libraries(${target} PUBLIC ${arg_DEPENDS} PRIVATE lotse_options)
    target_include_directories(${target} PUBLIC "${CMAKE_SOURCE_DIR}")
  else()
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE ${arg_DEPENDS})
    target_include_directories(${target} INTERFACE "${CMAKE_SOURCE_DIR}")
  endif()
  add_library(lotse::${name} ALIAS ${target})
endfunction()

# lotse_tests(expression DEPENDS lotse::…): one test program for all of tests/<name>/**.cpp, on the shared Catch2
# precompiled header; every test case is a CTest test.
function(lotse_tests name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "DEPENDS")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp")
  if(NOT sources)
    return()
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  add_executable(test_${name} ${sources})
  target_link_libraries(test_${name} PRIVATE lotse_test_support ${arg_DEPENDS})
  target_precompile_headers(test_${name} REUSE_FROM lotse_test_support)
  catch_discover_tests(test_${name} TEST_PREFIX "${name}: " WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}"
                       PROPERTIES TIMEOUT ${arg_TIMEOUT} SKIP_REGULAR_EXPRESSION "SKIPPED:" DISCOVERY_TIMEOUT 60)
endfunction()

# lotse_embed(lotse_engine_store migrations_embedded.cpp.in LIST ROOT folder FILES …): configures the template in which
# @LIST@ stands for `{"name", R"lotse(text)lotse"},` of each file, named relative to ROOT, and compiles it into the target.
# What is in the files is left as it is, `@` included.
function(lotse_embed target template list)
  cmake_parse_arguments(PARSE_ARGV 3 arg "" "ROOT" "FILES")
  set(${list} "")
  foreach(file IN LISTS arg_FILES)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
    file(READ "${file}" text)
    cmake_path(RELATIVE_PATH file BASE_DIRECTORY "${arg_ROOT}" OUTPUT_VARIABLE name)
    string(APPEND ${list} "    {\"${name}\", R\"lotse(${text})lotse\"},\n")
  endforeach()
  cmake_path(REMOVE_EXTENSION template LAST_ONLY OUTPUT_VARIABLE output)
  configure_file("${CMAKE_CURRENT_SOURCE_DIR}/${template}" "${CMAKE_CURRENT_BINARY_DIR}/${output}" @ONLY)
  target_sources(${target} PRIVATE "${CMAKE_CURRENT_BINARY_DIR}/${output}")
endfunction()
