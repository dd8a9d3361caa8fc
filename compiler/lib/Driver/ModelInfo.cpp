//===- ModelInfo.cpp - What a compiled model says of itself ---------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Gathers the contents of a descriptor from declarations, from the attributes
// that the lowering leaves on the model, and from the GEMM sites.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Driver/ModelInfo.h"

#include "compiler/lib/Driver/Names.h"
#include "dialects/DNN/DNN.h"
#include "dialects/RNN/ModelLayout.h"

using namespace mlir;
using namespace rnnc;

const FunctionInfo *ModelInfo::getFunction(unsigned index) const {
  for (const FunctionInfo &function : functions)
    if (function.index == index)
      return &function;
  return nullptr;
}

FailureOr<rnn::ModelOp> rnnc::getOnlyModel(ModuleOp module) {
  auto models = module.getOps<rnn::ModelOp>();
  if (models.empty())
    return module.emitError("expected a model, got none");
  rnn::ModelOp first = *models.begin();
  if (llvm::hasSingleElement(models))
    return first;
  InFlightDiagnostic diagnostic =
      (*std::next(models.begin()))
          .emitError("expected one model in a module, got another");
  diagnostic.attachNote(first.getLoc()) << "the first is here";
  return diagnostic;
}

/// The type of elements or of packed weights.
static rnn_type getType(Type type) {
  if (type.isInteger(8))
    return RNN_INT8;
  return type.isBF16() ? RNN_BF16 : type.isF64() ? RNN_F64 : RNN_F32;
}

namespace {
/// Fills a ModelInfo, part by part.
class Gatherer {
public:
  Gatherer(rnn::ModelOp model, ModelInfo &info)
      : model(model), layout(model), info(info) {}

  LogicalResult gather();

private:
  LogicalResult gatherAxes();
  void gatherDeclaration(Operation &op);
  void gatherParameter(rnn::ParamOp param);
  LogicalResult gatherFunctions();
  LogicalResult gatherFunction(DictionaryAttr attributes);
  void gatherSites(FunctionInfo &function);
  LogicalResult gatherStream();
  TensorInfo describe(StringRef name, Type type);

  template <typename DeclarationOp> TensorInfo describeInput(DeclarationOp op) {
    TensorInfo tensor = describe(op.getSymName(), op.getType());
    tensor.vocabulary = op.getVocabulary().value_or(0);
    return tensor;
  }

  rnn::ModelOp model;
  rnn::ModelLayout layout;
  ModelInfo &info;
};
} // namespace

LogicalResult Gatherer::gather() {
  FailureOr<std::string> symbol = getModelSymbol(model);
  if (failed(symbol) || failed(gatherAxes()))
    return failure();
  info.name = model.getSymName().str();
  info.symbol = *symbol;
  info.elementType = getType(model.getElementType());
  info.weightType = info.elementType;
  if (auto weights = model->getAttrOfType<TypeAttr>("rnnc.weights"))
    info.weightType = getType(weights.getValue());
  for (Operation &op : *model.getBodyBlock())
    gatherDeclaration(op);
  info.parameterSize = layout.parameterSize;
  info.stateBytes = info.states.empty() ? 0 : layout.stateBytes;
  if (failed(gatherFunctions()))
    return failure();
  return gatherStream();
}

LogicalResult Gatherer::gatherAxes() {
  for (Attribute axis : model.getAxes())
    info.axes.push_back(cast<StringAttr>(axis).str());
  if (info.axes.size() > RNN_MAX_AXES)
    return model.emitError("expected at most ")
           << RNN_MAX_AXES << " time axes, got " << info.axes.size();
  return success();
}

/// Tokens are one number each: their shape is empty.
TensorInfo Gatherer::describe(StringRef name, Type type) {
  TensorInfo tensor;
  tensor.name = name.str();
  Type element = cast<ShapedType>(type).getElementType();
  tensor.type = element.isInteger() ? RNN_TOKEN : getType(element);
  if (tensor.type != RNN_TOKEN)
    for (unsigned i = 0, e = rnn::getFeatureRank(type); i < e; ++i)
      tensor.shape.push_back(rnn::getFeatureSize(type, i));
  for (int64_t extent : tensor.shape)
    tensor.size *= extent;
  if (rnn::isSequence(type))
    tensor.axis = llvm::find(info.axes, rnn::getAxis(type)) - info.axes.begin();
  return tensor;
}

void Gatherer::gatherParameter(rnn::ParamOp param) {
  TensorInfo tensor = describe(param.getSymName(), param.getType());
  tensor.offset = layout.parameterOffsets[info.parameters.size()];
  tensor.init = param.getInit().str();
  tensor.isFrozen = param.getFrozen();
  for (auto [to, from] : llvm::zip(tensor.initArgs, param.getInitArgs()))
    to = cast<FloatAttr>(from).getValueAsDouble();
  info.parameters.push_back(std::move(tensor));
}

void Gatherer::gatherDeclaration(Operation &op) {
  if (auto param = dyn_cast<rnn::ParamOp>(op)) {
    gatherParameter(param);
  } else if (auto input = dyn_cast<rnn::InputOp>(op)) {
    info.inputs.push_back(describeInput(input));
  } else if (auto target = dyn_cast<rnn::TargetOp>(op)) {
    info.targets.push_back(describeInput(target));
  } else if (auto output = dyn_cast<rnn::OutputOp>(op)) {
    info.outputs.push_back(describe(output.getSymName(), output.getType()));
  } else if (auto state = dyn_cast<rnn::StateOp>(op);
             state && !state.getOfStream()) {
    TensorInfo tensor = describe(state.getSymName(), state.getType());
    tensor.offset = layout.stateOffsets[info.states.size()];
    info.states.push_back(std::move(tensor));
  } else if (auto metric = dyn_cast<rnn::MetricOp>(op)) {
    info.metrics.push_back(metric.getSymName().str());
  }
}

LogicalResult Gatherer::gatherFunctions() {
  auto functions = model->getAttrOfType<ArrayAttr>("rnnc.functions");
  if (!functions)
    return model.emitError("expected a lowered model with 'rnnc.functions', "
                           "got none");
  for (Attribute function : functions)
    if (failed(gatherFunction(cast<DictionaryAttr>(function))))
      return failure();
  return success();
}

LogicalResult Gatherer::gatherFunction(DictionaryAttr attributes) {
  auto name = attributes.getAs<StringAttr>("name");
  auto index = attributes.getAs<IntegerAttr>("index");
  auto packedBytes = attributes.getAs<IntegerAttr>("packed_bytes");
  auto arena = attributes.getAs<DenseI64ArrayAttr>("arena");
  if (!name || !index || index.getInt() < 0 ||
      index.getInt() >= RNN_FUNCTIONS || !packedBytes || !arena ||
      arena.size() != RNN_MAX_CLASSES)
    return model.emitError("expected name, index, packed_bytes and arena of a "
                           "function in 'rnnc.functions', got ")
           << attributes;
  FunctionInfo function;
  function.name = name.str();
  function.index = index.getInt();
  function.packedBytes = packedBytes.getInt();
  llvm::copy(arena.asArrayRef(), function.arena.begin());
  if (auto mode = attributes.getAs<IntegerAttr>("checkpoint"))
    function.checkpoint = mode.getInt();
  if (auto interval = attributes.getAs<IntegerAttr>("interval"))
    function.interval = interval.getInt();
  gatherSites(function);
  if (auto flags = attributes.getAs<IntegerAttr>("flags"))
    function.flags = flags.getInt();
  auto stages = attributes.getAs<DenseI64ArrayAttr>("stages");
  auto loops = attributes.getAs<DenseI32ArrayAttr>("stage_loops");
  auto stageAxes = attributes.getAs<DenseI32ArrayAttr>("stage_axes");
  if (stages && loops && stageAxes)
    for (auto [cost, loop, axis] : llvm::zip_equal(
             stages.asArrayRef(), loops.asArrayRef(), stageAxes.asArrayRef()))
      function.stages.push_back({cost, loop, axis});
  info.functions.push_back(std::move(function));
  return success();
}

void Gatherer::gatherSites(FunctionInfo &function) {
  if (model->hasAttr("rnnc.generated"))
    return; // No product may go to the runtime.
  for (auto site : model->getParentOfType<ModuleOp>().getOps<dnn::SiteOp>()) {
    if (site.getFunction() != function.index)
      continue;
    if (function.sites.size() <= site.getIndex())
      function.sites.resize(site.getIndex() + 1, rnn_site{0, 0, -1, RNN_F32});
    bool chunked = site.getRows() == dnn::SiteRows::Chunk;
    int32_t axis = chunked ? int32_t(site.getAxis().value_or(0)) : -1;
    function.sites[site.getIndex()] =
        rnn_site{int64_t(site.getN()), int64_t(site.getK()), axis,
                 getType(site.getStorage().value_or(site.getElementType()))};
  }
}

LogicalResult Gatherer::gatherStream() {
  auto attributes = model->getAttrOfType<DictionaryAttr>("rnnc.stream");
  auto streams = model.getBodyBlock()->getOps<rnn::StreamOp>();
  if (!attributes || streams.empty())
    return success();
  auto panelsBytes = attributes.getAs<IntegerAttr>("panels_bytes");
  if (!panelsBytes)
    return model.emitError("expected panels_bytes in 'rnnc.stream', got ")
           << attributes;
  rnn::StreamOp op = *streams.begin();
  info.stream.emplace();
  info.stream->panelsBytes = panelsBytes.getInt();
  info.stream->stateBytes = layout.streamBytes;
  if (auto reset = attributes.getAs<StringAttr>("reset"))
    info.stream->reset = reset.str();
  if (auto starts = op.getStarts())
    llvm::append_range(info.stream->starts, *starts);
  for (auto input : op.getInputs().getAsRange<FlatSymbolRefAttr>())
    info.stream->inputs.push_back(layout.inputs.lookup(input.getValue()));
  for (auto output : op.getOutputs().getAsRange<FlatSymbolRefAttr>())
    info.stream->outputs.push_back(layout.outputs.lookup(output.getValue()));
  return success();
}

FailureOr<ModelInfo> rnnc::describeModel(ModuleOp module) {
  FailureOr<rnn::ModelOp> model = getOnlyModel(module);
  ModelInfo info;
  if (failed(model) || failed(Gatherer(*model, info).gather()))
    return failure();
  return info;
}
