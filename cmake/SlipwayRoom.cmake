# slipway_room(llb SRCS graph.cc ... HDRS graph.h ... DEPS slipway::base ... PRIVATE_DEPS SQLite::SQLite3 ...)
#
# Makes the static library slipway_<room>, with the alias slipway::<room>. Headers are included as "room/file.h"
# from one include root; tools/check_rooms.py compares the includes with DEPS. DEPS names what the room's public
# headers need, PRIVATE_DEPS what only its sources need.
function(slipway_room room)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SRCS;HDRS;DEPS;PRIVATE_DEPS")
  if(arg_SRCS)
    add_library(slipway_${room} STATIC ${arg_SRCS})
    set(scope PUBLIC)
    target_link_libraries(slipway_${room} PRIVATE ${arg_PRIVATE_DEPS} $<BUILD_INTERFACE:slipway_settings>)
  else()
    add_library(slipway_${room} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(slipway::${room} ALIAS slipway_${room})
  target_sources(slipway_${room} ${scope} FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/src FILES ${arg_HDRS})
  target_link_libraries(slipway_${room} ${scope} ${arg_DEPS})
  set_target_properties(slipway_${room} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
endfunction()

# slipway_test(llb SRCS graph_test.cc ... [DEPS ...] [LABELS system] [TIMEOUT seconds])
#
# Makes the program <room>_test from tests/<room>/ and registers each of its cases with ctest under the label `unit`
# unless LABELS says otherwise. A second call for the same room needs NAME.
function(slipway_test room)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "NAME;TIMEOUT" "SRCS;DEPS;LABELS")
  set(name ${room}_test)
  if(arg_NAME)
    set(name ${arg_NAME})
  endif()
  if(NOT arg_LABELS)
    set(arg_LABELS unit)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  add_executable(${name} ${arg_SRCS})
  target_link_libraries(${name} PRIVATE slipway::${room} ${arg_DEPS} slipway_test_support
    GTest::gmock GTest::gtest_main slipway_settings)
  target_compile_definitions(${name} PRIVATE
    SLIPWAY_TEST_DATA="${CMAKE_CURRENT_SOURCE_DIR}/data" SLIPWAY_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT})
endfunction()
