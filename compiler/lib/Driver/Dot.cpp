//===- Dot.cpp - The dataflow graph as a picture --------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Nodes are collected by the layer they belong to, which the names of
// parameters and states tell, and printed layer by layer. Broadcasts and zeros
// are not drawn.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Driver/Dot.h"

#include "compiler/lib/Driver/ModelInfo.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/FormatVariadic.h"
#include <map>

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

namespace {
struct Cluster {
  std::string label;
  SmallVector<std::string> nodes;
};

class DotWriter {
public:
  DotWriter(ModelOp model, raw_ostream &os) : model(model), os(os) {}
  void write(FuncOp function);

private:
  void visitBlock(Block &block, StringRef layer);
  void visit(Operation &op, StringRef layer);
  void visitScan(ScanOp scan);
  void visitReturn(ReturnOp op);
  void visitResult(Operation &op, StringRef layer);

  std::string addNode(const Twine &label, StringRef style, StringRef layer);
  void addEdge(Value from, StringRef to, StringRef style = "");
  void addOperands(Operation &op, StringRef to);
  std::string getLayer(Operation &op);
  Value lookThrough(Value value);
  void print();

  ModelOp model;
  raw_ostream &os;
  llvm::MapVector<std::string, Cluster, std::map<std::string, unsigned>>
      clusters;
  SmallVector<std::string> edges;
  DenseMap<Value, std::string> nodes;
  llvm::StringMap<unsigned> scansOfLayer;
  unsigned count = 0;
};
} // namespace

//===----------------------------------------------------------------------===//
// Labels
//===----------------------------------------------------------------------===//

/// "lstm.1" of "lstm.1.W"; empty for a name of the model's own.
static StringRef getPrefix(StringRef name) {
  return name.contains('.') ? name.rsplit('.').first : StringRef();
}
static StringRef getLastPart(StringRef name) {
  return name.contains('.') ? name.rsplit('.').second : name;
}

static std::string escape(StringRef text) {
  std::string result;
  for (char c : text) {
    if (c == '"' || c == '\\')
      result += '\\';
    result += c;
  }
  return result;
}

/// "[512, 193]", "T x [65]" for a sequence, "token" for one.
static std::string describeType(Type type) {
  std::string text = isSequence(type) ? getAxis(type).str() + " x " : "";
  if (cast<ShapedType>(type).getElementType().isInteger())
    return text + "token";
  text += "[";
  for (unsigned i = 0, e = getFeatureRank(type); i < e; ++i)
    text += (i ? ", " : "") + std::to_string(getFeatureSize(type, i));
  return text + "]";
}

static std::string describeOp(Operation &op) {
  std::string name = op.getName().stripDialect().str();
  if (auto slice = dyn_cast<SliceOp>(op))
    return llvm::formatv("{0} : {1}", slice.getOffset(),
                         slice.getOffset() + slice.getSize());
  if (auto sum = dyn_cast<SumToOp>(op))
    return sum.getMean() ? "mean" : "sum";
  if (auto constant = dyn_cast<ConstantOp>(op))
    return llvm::formatv("{0}", constant.getValue().convertToDouble());
  static const llvm::StringMap<StringRef> symbols = {
      {"add", "+"},  {"sub", "-"},    {"mul", "*"},       {"div", "/"},
      {"neg", "-x"}, {"matmul", "@"}, {"concat", "[ ; ]"}};
  auto symbol = symbols.find(name);
  return symbol == symbols.end() ? name : symbol->second.str();
}

//===----------------------------------------------------------------------===//
// Nodes and edges
//===----------------------------------------------------------------------===//

std::string DotWriter::addNode(const Twine &label, StringRef style,
                               StringRef layer) {
  std::string id = "n" + std::to_string(count++);
  Cluster &cluster = clusters[layer.str()];
  if (cluster.label.empty())
    cluster.label = layer.str();
  cluster.nodes.push_back(llvm::formatv("{0} [label=\"{1}\"{2}{3}];", id,
                                        label.str(), style.empty() ? "" : ", ",
                                        style));
  return id;
}

/// What a value is drawn as: broadcasts are its operand's node.
Value DotWriter::lookThrough(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<BroadcastOp, InitialStateOp>(op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

void DotWriter::addEdge(Value from, StringRef to, StringRef style) {
  auto node = nodes.find(lookThrough(from));
  if (node == nodes.end())
    return;
  edges.push_back(
      llvm::formatv("{0} -> {1}{2};", node->second, to,
                    style.empty() ? "" : (" [" + style + "]").str()));
}

void DotWriter::addOperands(Operation &op, StringRef to) {
  for (Value operand : op.getOperands())
    addEdge(operand, to);
}

/// The layer whose parameter an operation reads, or applies to a value.
std::string DotWriter::getLayer(Operation &op) {
  for (Value operand : op.getOperands()) {
    Operation *source = lookThrough(operand).getDefiningOp();
    while (isa_and_nonnull<SliceOp, TransposeOp>(source))
      source = source->getOperand(0).getDefiningOp();
    if (auto get = dyn_cast_if_present<GetOp>(source))
      if (StringRef prefix = getPrefix(get.getSymbol()); !prefix.empty())
        return prefix.str();
  }
  return "";
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

void DotWriter::visitBlock(Block &block, StringRef layer) {
  for (Operation &op : block.without_terminator())
    visit(op, layer);
}

void DotWriter::visit(Operation &op, StringRef layer) {
  if (auto scan = dyn_cast<ScanOp>(op))
    return visitScan(scan);
  if (isa<BroadcastOp, InitialStateOp>(op))
    return;
  if (auto constant = dyn_cast<ConstantOp>(op))
    if (constant.getValue().isZero())
      return;
  visitResult(op, layer);
}

void DotWriter::visitResult(Operation &op, StringRef layer) {
  std::string own = layer.empty() ? getLayer(op) : layer.str();
  std::string id;
  if (auto get = dyn_cast<GetOp>(op)) {
    bool isParam = isa_and_present<ParamOp>(
        SymbolTable::lookupSymbolIn(model, get.getSymbolAttr()));
    StringRef style = isParam ? "shape=box, fillcolor=\"#fff2cc\""
                              : "shape=ellipse, fillcolor=\"#d5e8d4\"";
    id = addNode(escape(getLastPart(get.getSymbol())) + "\\n" +
                     describeType(get.getType()),
                 style, getPrefix(get.getSymbol()));
  } else if (isStatic(op.getResult(0).getType())) {
    id = addNode(describeOp(op), "", own);
  } else {
    id = addNode(describeOp(op) + "\\n" +
                     describeType(op.getResult(0).getType()),
                 "", own);
  }
  for (Value result : op.getResults())
    nodes[result] = id;
  addOperands(op, id);
}

/// The name of the state that a scan starts from; empty where it is no named
/// one.
static StringRef getStateName(Value init) {
  auto state = init.getDefiningOp<InitialStateOp>();
  return state ? state.getSymbol() : StringRef();
}

void DotWriter::visitScan(ScanOp scan) {
  StringRef prefix;
  for (Value init : scan.getInits())
    if (prefix.empty())
      prefix = getPrefix(getStateName(init));
  unsigned use = ++scansOfLayer[prefix];
  std::string layer = prefix.str();
  if (use > 1 || layer.empty())
    layer += llvm::formatv("{0}call {1}", layer.empty() ? "" : ", ", use);
  clusters[layer].label = llvm::formatv(
      "{0}: {1} over {2}", layer,
      scan.getReverse() ? "backwards" : "recurrence", scan.getAxis());

  for (auto [input, arg] : llvm::zip(scan.getInputs(), scan.getInputArgs())) {
    auto node = nodes.find(lookThrough(input));
    if (node != nodes.end())
      nodes[arg] = node->second;
  }
  SmallVector<std::string> states;
  for (auto [init, arg] : llvm::zip(scan.getInits(), scan.getStateArgs())) {
    std::string name = escape(getLastPart(getStateName(init)));
    states.push_back(addNode(name + "\\n" + describeType(arg.getType()),
                             "shape=ellipse, peripheries=2, "
                             "fillcolor=\"#dae8fc\"",
                             layer));
    nodes[arg] = states.back();
    addEdge(init, states.back());
  }
  visitBlock(*scan.getBodyBlock(), layer);
  for (auto [next, state] : llvm::zip(scan.getNextStates(), states))
    addEdge(next, state, "style=dashed, constraint=false");
  for (auto [result, value] :
       llvm::zip(scan.getResults(), scan.getYield().getValues()))
    if (auto node = nodes.find(lookThrough(value)); node != nodes.end())
      nodes[result] = node->second;
}

void DotWriter::visitReturn(ReturnOp op) {
  for (auto [role, value] :
       llvm::zip(op.getRoles().getAsRange<RoleAttr>(), op.getValues())) {
    if (role.getKind() == RoleKind::State)
      continue;
    std::string kind = stringifyRoleKind(role.getKind()).str();
    StringRef name = role.getSymbol().getValue();
    std::string id = addNode(
        name == kind ? kind : kind + "\\n" + escape(name),
        "shape=ellipse, style=\"filled,bold\", fillcolor=\"#f8cecc\"", "");
    addEdge(value, id);
  }
}

void DotWriter::write(FuncOp function) {
  visitBlock(*function.getBodyBlock(), "");
  visitReturn(function.getReturn());
  print();
}

void DotWriter::print() {
  os << "digraph \"" << escape(model.getSymName()) << "\" {\n"
     << "  label=\"" << escape(model.getSymName()) << "\"; labelloc=t;\n"
     << "  fontname=\"sans-serif\";\n"
     << "  node [shape=box, style=\"filled,rounded\", fillcolor=white, "
        "fontname=\"sans-serif\"];\n";
  unsigned number = 0;
  for (auto &[layer, cluster] : clusters) {
    StringRef indent = layer.empty() ? "  " : "    ";
    if (!layer.empty())
      os << "  subgraph cluster_" << number++ << " {\n    label=\""
         << escape(cluster.label) << "\"; style=rounded;\n";
    for (StringRef node : cluster.nodes)
      os << indent << node << '\n';
    if (!layer.empty())
      os << "  }\n";
  }
  for (StringRef edge : edges)
    os << "  " << edge << '\n';
  os << "}\n";
}

//===----------------------------------------------------------------------===//
// What is drawn
//===----------------------------------------------------------------------===//

/// Adds a function that returns what @forward returns and @loss adds to it.
static FuncOp joinFunctions(ModelOp model) {
  OpBuilder b = OpBuilder::atBlockEnd(model.getBodyBlock());
  auto joined = FuncOp::create(b, model.getLoc(), "joined");
  Block *block = b.createBlock(&joined.getBody());
  SmallVector<Attribute> roles;
  SmallVector<Value> values;
  for (StringRef name : {"forward", "loss"}) {
    FuncOp function = model.lookupFunction(name);
    if (!function)
      continue;
    IRMapping mapping;
    for (Operation &op : function.getBodyBlock()->without_terminator())
      b.clone(op, mapping);
    ReturnOp end = function.getReturn();
    for (auto [role, value] : llvm::zip(end.getRoles(), end.getValues())) {
      roles.push_back(role);
      values.push_back(mapping.lookup(value));
    }
  }
  b.setInsertionPointToEnd(block);
  ReturnOp::create(b, model.getLoc(), b.getArrayAttr(roles), values);
  return joined;
}

LogicalResult rnnc::writeDot(ModuleOp module, raw_ostream &os) {
  // Drawn is a copy, in which what both functions compute stands once.
  OwningOpRef<ModuleOp> copy = module.clone();
  FailureOr<ModelOp> model = getOnlyModel(*copy);
  if (failed(model))
    return failure();
  FuncOp joined = joinFunctions(*model);
  PassManager pm(module.getContext());
  pm.addPass(createCSEPass());
  if (failed(pm.run(*copy)))
    return failure();
  DotWriter(*model, os).write(joined);
  return success();
}
