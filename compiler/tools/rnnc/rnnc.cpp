//===- rnnc.cpp - The compiler's command line -----------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Reads options; compiler/lib/Driver does the work.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/Passes.h"
#include "compiler/lib/Conversion/Passes.h"
#include "compiler/lib/Driver/Compile.h"
#include "compiler/lib/Driver/OutputFile.h"
#include "compiler/lib/Driver/Passes.h"
#include "compiler/lib/Transforms/Passes.h"
#include "rnn/rnn.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace rnnc;
namespace cl = llvm::cl;

static cl::OptionCategory mainCategory("Options of rnnc");
static cl::OptionCategory
    mlirCategory("MLIR's options",
                 "What MLIR prints and counts while passes run.");

static cl::opt<std::string> inputName(cl::Positional, cl::Required,
                                      cl::desc("<file.rnn, or - >"),
                                      cl::cat(mainCategory));
static cl::opt<std::string>
    outputName("o", cl::value_desc("file"), cl::cat(mainCategory),
               cl::desc("Where the result goes; - is the standard output, "
                        "where texts go by default. An object goes to the "
                        "input's name with .o or .so by default, and its "
                        "header beside it"));
static cl::opt<Emit> emitKind(
    "emit", cl::desc("What to write:"), cl::init(Emit::Object),
    cl::cat(mainCategory),
    cl::values(
        clEnumValN(Emit::RNN, "rnn", "the model in the rnn dialect"),
        clEnumValN(Emit::MLIR, "mlir", "lowered to kernels and buffers"),
        clEnumValN(Emit::LLVM, "llvm", "LLVM IR, optimised"),
        clEnumValN(Emit::Assembly, "asm", "assembly"),
        clEnumValN(Emit::Object, "obj", "an object, and its header (default)"),
        clEnumValN(Emit::SharedObject, "so", "a shared object, and its header"),
        clEnumValN(Emit::Header, "header", "the C header alone"),
        clEnumValN(Emit::Dot, "dot", "the dataflow graph, for Graphviz"),
        clEnumValN(Emit::Schedule, "schedule",
                   "how each product is done, as a table")));
static cl::list<std::string> defines("D", cl::Prefix,
                                     cl::value_desc("name=value"),
                                     cl::cat(mainCategory),
                                     cl::desc("Set a size of the model"));
static cl::opt<std::string> modelName("model", cl::value_desc("name"),
                                      cl::cat(mainCategory),
                                      cl::desc("Which model, where the file "
                                               "has several"));
enum class ElementType { F32, F64 };
static cl::opt<ElementType> elementType(
    "element-type", cl::desc("Type of parameters and values:"),
    cl::init(ElementType::F32), cl::cat(mainCategory),
    cl::values(clEnumValN(ElementType::F32, "f32",
                          "single precision (default)"),
               clEnumValN(ElementType::F64, "f64", "double precision")));
static cl::opt<std::string>
    cpuName("cpu", cl::value_desc("name"), cl::init("native"),
            cl::cat(mainCategory),
            cl::desc("CPU to compile for, by LLVM's name; native is this "
                     "machine's (default)"));
static cl::opt<std::string>
    targetTriple("target", cl::value_desc("triple"), cl::cat(mainCategory),
                 cl::desc("Target to compile for; this machine's by default"));
static cl::opt<unsigned> optLevel("O", cl::Prefix, cl::value_desc("0|1|2|3"),
                                  cl::init(2), cl::cat(mainCategory),
                                  cl::desc("Optimisation level, 2 by default"));
static cl::opt<Gemm> gemm(
    "gemm", cl::desc("Kernels of matrix products:"), cl::init(Gemm::Auto),
    cl::cat(mainCategory),
    cl::values(clEnumValN(Gemm::Auto, "auto",
                          "the library's where the plan says so (default)"),
               clEnumValN(Gemm::Generated, "generated",
                          "generated ones only")));
static cl::opt<Weights>
    weights("weights",
            cl::desc("What products keep the weights as, but for gradients and "
                     "tangents; f32 parameters, sums and states all the same:"),
            cl::init(Weights::Own), cl::cat(mainCategory),
            cl::values(clEnumValN(Weights::F32, "f32", "as they are (default)"),
                       clEnumValN(Weights::BF16, "bf16",
                                  "rounded to bf16: half the bytes"),
                       clEnumValN(Weights::Int8, "int8",
                                  "8 bits and a scale an output: a quarter")));
static cl::opt<std::string> tile(
    "tile", cl::value_desc("rows x vectors"), cl::cat(mainCategory),
    cl::desc("The register tile of products, such as 6x4, where a site's gates "
             "divide the vectors; chosen site by site unless told"));
static cl::opt<std::string> checkpoint(
    "checkpoint", cl::value_desc("none|every[:steps]|log"), cl::init("none"),
    cl::cat(mainCategory),
    cl::desc("What a gradient keeps of long sequences: all that it reads "
             "(none, default), or the states at the start of every chunk of "
             "time, of so many steps, or of O(log) chunks, and computes the "
             "rest again"));
static cl::list<Function> functions(
    "functions", cl::CommaSeparated, cl::cat(mainCategory),
    cl::desc("Entry points to make; forward, loss, gradient, step and encode "
             "as far as the model has them, unless told:"),
    cl::values(
        clEnumValN(Function::Forward, "forward", "outputs"),
        clEnumValN(Function::Loss, "loss", "the loss"),
        clEnumValN(Function::Gradient, "gradient", "the gradient of the loss"),
        clEnumValN(Function::Tangent, "tangent",
                   "outputs, the loss and their tangents along a direction"),
        clEnumValN(Function::GaussNewton, "gauss-newton",
                   "products with the Gauss-Newton matrix of the loss"),
        clEnumValN(Function::Step, "step", "the streaming step"),
        clEnumValN(Function::Encode, "encode", "what begins a stream")));
static cl::opt<bool>
    timing("timing", cl::cat(mainCategory),
           cl::desc("Print how long each stage and pass took"));

//===----------------------------------------------------------------------===//
// Options
//===----------------------------------------------------------------------===//

/// Reads "name=value". What the name stands for is checked by the front end.
static LogicalResult parseDefine(StringRef text, CompileOptions &options) {
  auto [name, value] = text.split('=');
  bool isName =
      !name.empty() && !llvm::isDigit(name.front()) &&
      llvm::all_of(name, [](char c) { return llvm::isAlnum(c) || c == '_'; });
  if (!isName || !text.contains('='))
    return reportError("expected -D name=value, got '" + text + "'");
  int64_t number;
  if (value.getAsInteger(10, number))
    return reportError("expected a whole number for '" + name + "' in -D " +
                       text + ", got '" + value + "'");
  if (!options.defines.try_emplace(name, number).second)
    return reportError("expected one -D for '" + name + "', got another: '" +
                       text + "'");
  return success();
}

static LogicalResult readOptions(CompileOptions &options) {
  for (const std::string &define : defines)
    if (failed(parseDefine(define, options)))
      return failure();
  if (optLevel > 3)
    return reportError("expected an optimisation level from 0 to 3, got " +
                       Twine(optLevel));
  options.doublePrecision = elementType == ElementType::F64;
  options.model = modelName;
  options.cpu = cpuName;
  options.target = targetTriple;
  options.optLevel = optLevel;
  options.gemm = gemm;
  options.weights = weights;
  if (tile.getNumOccurrences() > 0) {
    FailureOr<Tile> wanted = parseTile(tile);
    if (failed(wanted))
      return reportError("expected --tile=ROWSxVECTORS, both at least 1, got "
                         "'" +
                         tile + "'");
    options.tile = *wanted;
  }
  FailureOr<CheckpointChoice> choice = parseCheckpoint(checkpoint);
  if (failed(choice))
    return reportError("expected --checkpoint=none, every, every:STEPS or log, "
                       "got '" +
                       checkpoint + "'");
  options.checkpoint = *choice;
  options.functions.assign(functions.begin(), functions.end());
  options.usePassManagerFlags = true;
  return success();
}

/// Where a result goes unless told: texts to the standard output, objects to a
/// file named after the input.
static std::string getOutputName() {
  if (outputName.getNumOccurrences() > 0)
    return outputName;
  if (emitKind != Emit::Object && emitKind != Emit::SharedObject)
    return "-";
  StringRef stem =
      inputName == "-" ? StringRef("model") : llvm::sys::path::stem(inputName);
  return (stem + (emitKind == Emit::Object ? ".o" : ".so")).str();
}

static void printVersion(llvm::raw_ostream &os) {
  os << "rnnc " << RNNC_VERSION << " (ABI " << RNN_ABI_VERSION << ", LLVM "
     << LLVM_VERSION_STRING << ")\n";
}

/// So that options such as --mlir-print-ir-after know the passes' names.
static void registerPasses() {
  mlir::registerTransformsPasses();
  rnnc::registerTransformsPasses();
  rnnc::registerConversionPasses();
  rnnc::registerCodeGenPasses();
  rnnc::registerDriverPasses();
}

/// Leaves of the options that come with LLVM only those of MLIR for printing,
/// statistics and timing.
static void hideOtherOptions() {
  for (auto &entry : cl::getRegisteredOptions())
    if (entry.first.starts_with("mlir-"))
      entry.second->addCategory(mlirCategory);
  cl::HideUnrelatedOptions({&mainCategory, &mlirCategory});
}

static LogicalResult compile() {
  CompileOptions options;
  if (failed(readOptions(options)))
    return failure();
  DefaultTimingManager manager;
  applyDefaultTimingManagerCLOptions(manager);
  if (timing)
    manager.setEnabled(true);
  TimingScope root = manager.getRootScope();
  options.timing = &root;
  return compileToFile(inputName, emitKind, getOutputName(), options);
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  registerPasses();
  registerMLIRContextCLOptions();
  registerAsmPrinterCLOptions();
  registerPassManagerCLOptions();
  registerDefaultTimingManagerCLOptions();
  hideOtherOptions();
  cl::SetVersionPrinter(printVersion);
  cl::ParseCommandLineOptions(
      argc, argv,
      "Compiles a recurrent model to native code\n\n"
      "  rnnc net.rnn -o net.o       an object net.o and its header net.h\n"
      "  rnnc net.rnn --emit=rnn     what the compiler makes of the model\n");
  return failed(compile());
}
