# How the project's libraries and tools are declared. Compiler code is built as
# LLVM is (RTTI, no exceptions); the runtime depends on neither LLVM nor MLIR.
add_library(rnnc_warnings INTERFACE)
target_compile_options(rnnc_warnings INTERFACE -Wall -Wextra -Wno-unused-parameter)

add_library(rnnc_mlir INTERFACE)
target_include_directories(rnnc_mlir INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
target_include_directories(rnnc_mlir SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
separate_arguments(RNNC_LLVM_DEFINITIONS NATIVE_COMMAND "${LLVM_DEFINITIONS}")
target_compile_definitions(rnnc_mlir INTERFACE ${RNNC_LLVM_DEFINITIONS})
target_compile_options(rnnc_mlir INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions>)
target_link_libraries(rnnc_mlir INTERFACE rnnc_warnings MLIR LLVM)

# One precompiled header serves all compiler code: MLIR's headers are most of
# the time of a build.
file(WRITE ${CMAKE_BINARY_DIR}/pch.cpp "// Carries the precompiled header.\n")
add_library(rnnc_pch STATIC ${CMAKE_BINARY_DIR}/pch.cpp)
target_link_libraries(rnnc_pch PRIVATE rnnc_mlir)
target_precompile_headers(rnnc_pch PRIVATE
  <mlir/Dialect/Arith/IR/Arith.h>
  <mlir/Dialect/LLVMIR/LLVMDialect.h>
  <mlir/Dialect/MemRef/IR/MemRef.h>
  <mlir/Dialect/SCF/IR/SCF.h>
  <mlir/Dialect/Vector/IR/VectorOps.h>
  <mlir/IR/Builders.h>
  <mlir/IR/BuiltinOps.h>
  <mlir/IR/OpImplementation.h>
  <mlir/IR/PatternMatch.h>
  <mlir/Pass/Pass.h>)

# rnnc_add_library(name sources... [DEPENDS generated...] [LINK libraries...])
function(rnnc_add_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PUBLIC rnnc_mlir ${ARG_LINK})
  target_precompile_headers(${name} REUSE_FROM rnnc_pch)
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
endfunction()

# rnnc_add_tool(name sources... [LINK libraries...])
function(rnnc_add_tool name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE rnnc_mlir ${ARG_LINK})
endfunction()

# rnnc_tablegen(output generator-flags...): runs mlir-tblgen on the file named by
# LLVM_TARGET_DEFINITIONS with MLIR's and the project's folders on the path.
macro(rnnc_tablegen output)
  mlir_tablegen(${output} ${ARGN} -I${CMAKE_SOURCE_DIR} -I${RNNC_LLVM_PREFIX}/include)
endmacro()
