# Finds LLVM and MLIR 22, oneDNN, fmt, nlohmann-json and Eigen, and says which Debian
# package is missing where one is not there.
find_program(RNNC_LLVM_CONFIG NAMES llvm-config-22 llvm-config)
if(NOT RNNC_LLVM_CONFIG)
  message(FATAL_ERROR "expected llvm-config-22, got none: install llvm-22-dev")
endif()
execute_process(COMMAND ${RNNC_LLVM_CONFIG} --prefix
  OUTPUT_VARIABLE RNNC_LLVM_PREFIX OUTPUT_STRIP_TRAILING_WHITESPACE)
set(MLIR_DIR ${RNNC_LLVM_PREFIX}/lib/cmake/mlir CACHE PATH "MLIR's CMake package")
set(LLVM_DIR ${RNNC_LLVM_PREFIX}/lib/cmake/llvm CACHE PATH "LLVM's CMake package")

find_package(MLIR REQUIRED CONFIG)
if(LLVM_VERSION_MAJOR LESS 22)
  message(FATAL_ERROR "expected LLVM 22 or later, got ${LLVM_PACKAGE_VERSION}")
endif()
list(APPEND CMAKE_MODULE_PATH ${MLIR_CMAKE_DIR} ${LLVM_CMAKE_DIR})
include(TableGen)
include(AddLLVM)
include(AddMLIR)

find_package(dnnl REQUIRED CONFIG)
find_package(fmt REQUIRED CONFIG)
find_package(nlohmann_json REQUIRED CONFIG)
find_package(Eigen3 REQUIRED CONFIG)
find_package(Threads REQUIRED)
