//===- EmitDescriptor.cpp - The one symbol of a compiled model ------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Builds the constants that make up `rnn_model` and the structures it points
// to, with the types of DescriptorTypes.h.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Driver/DescriptorTypes.h"
#include "compiler/lib/Driver/GuardedStep.h"
#include "compiler/lib/Driver/ModelInfo.h"
#include "compiler/lib/Driver/Passes.h"
#include "dialects/DNN/DNN.h"

namespace rnnc {
#define GEN_PASS_DEF_EMITDESCRIPTOR
#include "compiler/lib/Driver/Passes.h.inc"
} // namespace rnnc

using namespace mlir;
using namespace rnnc;

//===----------------------------------------------------------------------===//
// The descriptor
//===----------------------------------------------------------------------===//

namespace {
/// Writes the globals of one model at the end of a module. Functions that
/// return a symbol give an empty one for an empty array, which stands for null.
class DescriptorWriter {
public:
  DescriptorWriter(ModuleOp module, const ModelInfo &info)
      : module(module), info(info), types(module.getContext()),
        loc(module.getLoc()), b(OpBuilder::atBlockEnd(module.getBody())),
        symbols(module) {}

  void write(StringRef cpu, StringRef features, uint64_t requiredFeatures);

private:
  using Fill = llvm::function_ref<void(Aggregate &)>;
  std::string addGlobal(StringRef name, Type type, LLVM::Linkage linkage,
                        Fill fill);
  /// With a dot in its name, it cannot take the descriptor's or an entry's.
  std::string addPrivate(StringRef what, Type type, Fill fill) {
    return addGlobal(info.symbol + "." + what.str(), type,
                     LLVM::Linkage::Internal, fill);
  }
  std::string addString(StringRef text);
  std::string addStrings(StringRef what, ArrayRef<std::string> texts);
  std::string addTensors(StringRef what, ArrayRef<TensorInfo> tensors);
  std::string addSites(const FunctionInfo &function);
  std::string addStages(const FunctionInfo &function);
  std::string addFunction(const FunctionInfo &function);
  template <typename Number>
  std::string addIndices(StringRef what, ArrayRef<Number> indices);
  std::string addStream(const StreamInfo &stream);
  std::string getEntry(const Twine &suffix) {
    return (info.name + "_" + suffix).str();
  }
  std::string getReset() {
    return info.states.empty() ? std::string() : getEntry("reset");
  }

  ModuleOp module;
  const ModelInfo &info;
  DescriptorTypes types;
  Location loc;
  OpBuilder b;
  SymbolTable symbols;
  llvm::StringMap<std::string> strings;
};
} // namespace

std::string DescriptorWriter::addGlobal(StringRef name, Type type,
                                        LLVM::Linkage linkage, Fill fill) {
  OpBuilder::InsertionGuard guard(b);
  auto global = LLVM::GlobalOp::create(b, loc, type, /*isConstant=*/true,
                                       linkage, name, Attribute());
  symbols.insert(global); // Renames where the name is taken.
  b.createBlock(&global.getInitializerRegion());
  Aggregate aggregate(b, loc, type);
  fill(aggregate);
  LLVM::ReturnOp::create(b, loc, aggregate.finish());
  return global.getSymName().str();
}

std::string DescriptorWriter::addString(StringRef text) {
  std::string &symbol = strings[text];
  if (!symbol.empty())
    return symbol;
  std::string terminated = text.str() + '\0';
  auto type = LLVM::LLVMArrayType::get(b.getI8Type(), terminated.size());
  auto global = LLVM::GlobalOp::create(
      b, loc, type, /*isConstant=*/true, LLVM::Linkage::Internal,
      info.symbol + ".text", b.getStringAttr(terminated));
  global.setUnnamedAddr(LLVM::UnnamedAddr::Global);
  symbols.insert(global);
  return symbol = global.getSymName().str();
}

std::string DescriptorWriter::addStrings(StringRef what,
                                         ArrayRef<std::string> texts) {
  if (texts.empty())
    return "";
  SmallVector<std::string> names;
  for (const std::string &text : texts)
    names.push_back(addString(text));
  Type type = LLVM::LLVMArrayType::get(types.ptr, texts.size());
  return addPrivate(what, type, [&](Aggregate &array) {
    for (const std::string &name : names)
      array.addAddress(name);
  });
}

static Value makeTensor(Aggregate member, const TensorInfo &tensor,
                        StringRef name, StringRef init) {
  member.addAddress(name);
  member.addInteger(tensor.type);
  member.addInteger(tensor.shape.size());
  Aggregate shape = member.nested();
  for (int64_t extent : tensor.shape)
    shape.addInteger(extent);
  member.addValue(shape.finish());
  member.addInteger(tensor.axis);
  member.addInteger(tensor.vocabulary);
  member.addInteger(tensor.offset);
  member.addInteger(tensor.size);
  member.addAddress(init);
  Aggregate args = member.nested();
  for (double arg : tensor.initArgs)
    args.addNumber(arg);
  member.addValue(args.finish());
  member.addInteger(tensor.isFrozen);
  member.addInteger(0);
  return member.finish();
}

std::string DescriptorWriter::addTensors(StringRef what,
                                         ArrayRef<TensorInfo> tensors) {
  if (tensors.empty())
    return "";
  SmallVector<std::pair<std::string, std::string>> texts;
  for (const TensorInfo &tensor : tensors)
    texts.emplace_back(addString(tensor.name), tensor.init.empty()
                                                   ? std::string()
                                                   : addString(tensor.init));
  Type type = LLVM::LLVMArrayType::get(types.tensor, tensors.size());
  return addPrivate(what, type, [&](Aggregate &array) {
    for (auto [tensor, text] : llvm::zip(tensors, texts))
      array.addValue(
          makeTensor(array.nested(), tensor, text.first, text.second));
  });
}

std::string DescriptorWriter::addSites(const FunctionInfo &function) {
  if (function.sites.empty())
    return "";
  Type type = LLVM::LLVMArrayType::get(types.site, function.sites.size());
  auto fill = [&](Aggregate &array) {
    for (const rnn_site &site : function.sites) {
      Aggregate member = array.nested();
      member.addInteger(site.n);
      member.addInteger(site.k);
      member.addInteger(site.axis);
      member.addInteger(site.weight_type);
      array.addValue(member.finish());
    }
  };
  return addPrivate(function.name + "_sites", type, fill);
}

std::string DescriptorWriter::addStages(const FunctionInfo &function) {
  if (function.stages.empty())
    return "";
  Type type = LLVM::LLVMArrayType::get(types.stage, function.stages.size());
  auto fill = [&](Aggregate &array) {
    for (const rnn_stage &stage : function.stages) {
      Aggregate member = array.nested();
      member.addInteger(stage.cost);
      member.addInteger(stage.loop);
      member.addInteger(stage.axis);
      array.addValue(member.finish());
    }
  };
  return addPrivate(function.name + "_stages", type, fill);
}

std::string DescriptorWriter::addFunction(const FunctionInfo &function) {
  std::string sites = addSites(function), stages = addStages(function);
  auto fill = [&](Aggregate &record) {
    record.addInteger(sizeof(rnn_function));
    record.addAddress(getEntry(function.name));
    record.addAddress(getEntry(function.name + "_pack"));
    record.addInteger(function.packedBytes);
    Aggregate arena = record.nested();
    for (uint64_t coefficient : function.arena)
      arena.addInteger(coefficient);
    record.addValue(arena.finish());
    record.addArray(sites, function.sites.size());
    record.addInteger(function.checkpoint);
    record.addInteger(function.flags);
    record.addInteger(function.interval);
    record.addArray(stages, function.stages.size());
  };
  return addPrivate(function.name, types.function, fill);
}

template <typename Number>
std::string DescriptorWriter::addIndices(StringRef what,
                                         ArrayRef<Number> indices) {
  if (indices.empty())
    return "";
  Type type = LLVM::LLVMArrayType::get(types.i32, indices.size());
  return addPrivate(what, type, [&](Aggregate &array) {
    for (Number index : indices)
      array.addInteger(index);
  });
}

std::string DescriptorWriter::addStream(const StreamInfo &stream) {
  std::string inputs = addIndices<uint32_t>("stream_inputs", stream.inputs);
  std::string outputs = addIndices<uint32_t>("stream_outputs", stream.outputs);
  std::string starts = addIndices<int32_t>("stream_starts", stream.starts);
  std::string step = addGuardedStep(module, info);
  auto fill = [&](Aggregate &record) {
    record.addInteger(sizeof(rnn_stream));
    record.addInteger(stream.panelsBytes);
    record.addInteger(stream.stateBytes);
    record.addAddress(getEntry("step_pack"));
    record.addAddress(stream.reset.empty() ? std::string()
                                           : getEntry(stream.reset));
    record.addAddress(step);
    record.addArray(inputs, stream.inputs.size());
    record.addArray(outputs, stream.outputs.size());
    record.addAddress(starts);
  };
  return addPrivate("stream", types.stream, fill);
}

void DescriptorWriter::write(StringRef cpu, StringRef features,
                             uint64_t requiredFeatures) {
  std::string texts[] = {addString(info.name), addString(cpu),
                         addString(features)};
  std::string axes = addStrings("axes", info.axes);
  std::string parameters = addTensors("parameters", info.parameters);
  std::string inputs = addTensors("inputs", info.inputs);
  std::string targets = addTensors("targets", info.targets);
  std::string outputs = addTensors("outputs", info.outputs);
  std::string states = addTensors("states", info.states);
  std::string metrics = addStrings("metrics", info.metrics);
  std::array<std::string, RNN_FUNCTIONS> functions;
  for (const FunctionInfo &function : info.functions)
    functions[function.index] = addFunction(function);
  std::string stream = info.stream ? addStream(*info.stream) : std::string();

  auto fill = [&](Aggregate &record) {
    record.addInteger(sizeof(rnn_model));
    record.addInteger(RNN_ABI_VERSION);
    record.addInteger(sizeof(rnn_tensor));
    record.addInteger(info.elementType);
    for (StringRef text : texts)
      record.addAddress(text);
    record.addInteger(requiredFeatures);
    record.addArray(axes, info.axes.size());
    record.addArray(parameters, info.parameters.size());
    record.addInteger(info.parameterSize);
    record.addArray(inputs, info.inputs.size());
    record.addArray(targets, info.targets.size());
    record.addArray(outputs, info.outputs.size());
    record.addArray(states, info.states.size());
    record.addInteger(info.stateBytes);
    record.addArray(metrics, info.metrics.size());
    Aggregate table = record.nested();
    for (StringRef function : functions)
      table.addAddress(function);
    record.addValue(table.finish());
    record.addAddress(stream);
    record.addAddress(getReset());
    record.addAddress("");
    record.addInteger(0);
    record.addInteger(info.weightType);
    record.addInteger(0);
  };
  addGlobal(info.symbol, types.model, LLVM::Linkage::External, fill);
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

/// Functions that a descriptor with this content refers to.
static SmallVector<std::string> getEntries(const ModelInfo &info) {
  SmallVector<std::string> entries;
  for (const FunctionInfo &function : info.functions) {
    entries.push_back(info.name + "_" + function.name);
    entries.push_back(entries.back() + "_pack");
  }
  if (info.stream) {
    entries.push_back(info.name + "_step");
    entries.push_back(info.name + "_step_pack");
    if (!info.stream->reset.empty())
      entries.push_back(info.name + "_" + info.stream->reset);
  }
  if (!info.states.empty())
    entries.push_back(info.name + "_reset");
  return entries;
}

static LogicalResult checkEntries(ModuleOp module, const ModelInfo &info) {
  for (const std::string &entry : getEntries(info)) {
    auto function = module.lookupSymbol<LLVM::LLVMFuncOp>(entry);
    if (!function || function.isExternal())
      return module.emitError("expected a lowered function '")
             << entry << "', got none";
  }
  return success();
}

static void makeInternal(ModuleOp module) {
  for (auto function : module.getOps<LLVM::LLVMFuncOp>())
    if (!function.isExternal())
      function.setLinkage(LLVM::Linkage::Internal);
  for (auto global : module.getOps<LLVM::GlobalOp>())
    global.setLinkage(LLVM::Linkage::Internal);
}

/// Takes the model and its sites out of a module; what they say is in the
/// description.
static void eraseModel(ModuleOp module) {
  for (auto site : llvm::make_early_inc_range(module.getOps<dnn::SiteOp>()))
    site.erase();
  for (auto model : llvm::make_early_inc_range(module.getOps<rnn::ModelOp>()))
    model.erase();
}

namespace {
class EmitDescriptor : public rnnc::impl::EmitDescriptorBase<EmitDescriptor> {
public:
  using EmitDescriptorBase::EmitDescriptorBase;
  EmitDescriptor(const EmitDescriptorOptions &options, const ModelInfo &info)
      : EmitDescriptorBase(options), given(info) {}

private:
  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<ModelInfo> info = given ? *given : describeModel(module);
    if (failed(info) || failed(checkEntries(module, *info)))
      return signalPassFailure();
    makeInternal(module);
    eraseModel(module);
    // The descriptor must have its name, whatever internal symbols are called.
    SymbolTable symbols(module);
    if (Operation *other = symbols.lookup(info->symbol))
      if (failed(symbols.renameToUnique(other, {})))
        return signalPassFailure();
    DescriptorWriter(module, *info).write(cpu, features, requiredFeatures);
  }

  std::optional<ModelInfo> given;
};
} // namespace

std::unique_ptr<Pass>
rnnc::createEmitDescriptor(const EmitDescriptorOptions &options,
                           const ModelInfo &info) {
  return std::make_unique<EmitDescriptor>(options, info);
}
