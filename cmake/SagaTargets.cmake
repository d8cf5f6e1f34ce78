# One way to declare each kind of target, so that every folder's CMakeLists.txt is a list of files and nothing else.

# saga_library(name SOURCES a.cc ... [DEPENDS lib ...])
function(saga_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARG_DEPENDS})
endfunction()

# saga_schema_scripts(): schema/*.sql of this folder, by number, as schema_scripts.cc in its build folder. The scripts travel
# inside the binary: a start needs no other file.
function(saga_schema_scripts)
  file(GLOB scripts CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/schema/*.sql)
  list(SORT scripts)
  set(SAGA_SCHEMA_SCRIPTS "")
  foreach(script ${scripts})
    get_filename_component(name ${script} NAME)
    string(REGEX REPLACE "^0*([1-9][0-9]*).*" "\\1" number ${name})
    file(READ ${script} sql)
    string(APPEND SAGA_SCHEMA_SCRIPTS "      {${number}, R\"sql(${sql})sql\"},\n")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${script})
  endforeach()
  configure_file(schema_scripts.cc.in schema_scripts.cc @ONLY)
endfunction()

# saga_binary(name SOURCES a.cc ... [DEPENDS lib ...]): a program in build/<preset>/bin.
function(saga_binary name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS})
endfunction()

# saga_test(name LABEL quick|full SOURCES a.cc ... [DEPENDS lib ...] [TIMEOUT s] [ARGS ...])
# A GoogleTest program in build/<preset>/tests, run by ctest. LABEL quick is what `tests/run --quick` runs.
function(saga_test name)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "SOURCES;DEPENDS;ARGS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} GTest::gmock GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name} ${ARG_ARGS})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  if(NOT ARG_LABEL)
    set(ARG_LABEL quick)
  endif()
  set_tests_properties(${name} PROPERTIES
    LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT}
    ENVIRONMENT "SAGA_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY};SAGA_SOURCE=${PROJECT_SOURCE_DIR}")
endfunction()

# saga_test_needs_kafka(name [OWN]): a test made by saga_test that speaks to a real Kafka broker, that of the run; OWN: it
# starts its own and needs the jars only (tests/kafka/README.md).
function(saga_test_needs_kafka name)
  cmake_parse_arguments(ARG "OWN" "" "" ${ARGN})
  set(fixtures kafka_jars)
  if(NOT ARG_OWN)
    list(APPEND fixtures kafka_broker)
    set_property(TEST ${name} APPEND PROPERTY ENVIRONMENT "SAGA_KAFKA_FILE=${CMAKE_BINARY_DIR}/kafka-broker")
  endif()
  set_property(TEST ${name} PROPERTY FIXTURES_REQUIRED ${fixtures})
endfunction()

# saga_test_needs_mariadb(name [OWN]): a test made by saga_test or add_test that speaks to a real MariaDB, that of the run;
# OWN: it starts its own (tests/mariadb/README.md). Labels it mariadb.
function(saga_test_needs_mariadb name)
  cmake_parse_arguments(ARG "OWN" "" "" ${ARGN})
  set_property(TEST ${name} APPEND PROPERTY LABELS mariadb)
  if(NOT ARG_OWN)
    set_property(TEST ${name} APPEND PROPERTY FIXTURES_REQUIRED mariadb)
    set_property(TEST ${name} APPEND PROPERTY ENVIRONMENT "SAGA_MARIADB_FILE=${CMAKE_BINARY_DIR}/mariadb-shared")
  endif()
endfunction()

# saga_proto_library(name ROOT dir PROTOS a.proto ... [GRPC]): C++ of .proto files; ROOT is the import root.
function(saga_proto_library name)
  cmake_parse_arguments(ARG "GRPC" "ROOT" "PROTOS" ${ARGN})
  set(out ${CMAKE_CURRENT_BINARY_DIR}/${name})
  file(MAKE_DIRECTORY ${out})
  set(generated "")
  foreach(proto ${ARG_PROTOS})
    string(REGEX REPLACE "\\.proto$" "" stem ${proto})
    set(files ${out}/${stem}.pb.cc ${out}/${stem}.pb.h)
    set(plugin "")
    if(ARG_GRPC)
      list(APPEND files ${out}/${stem}.grpc.pb.cc ${out}/${stem}.grpc.pb.h)
      set(plugin --grpc_out=${out} --plugin=protoc-gen-grpc=${SAGA_GRPC_PLUGIN})
    endif()
    add_custom_command(
      OUTPUT ${files}
      COMMAND ${SAGA_PROTOC} -I ${ARG_ROOT} --cpp_out=${out} ${plugin} ${ARG_ROOT}/${proto}
      DEPENDS ${ARG_ROOT}/${proto} VERBATIM)
    list(APPEND generated ${files})
  endforeach()
  add_library(${name} STATIC ${generated})
  target_include_directories(${name} SYSTEM PUBLIC ${out})
  target_link_libraries(${name} PUBLIC saga_grpc)
endfunction()
