//===- Elaborator.h - From a checked file to the rnn dialect ----*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Runs through a model as a program would: binds its sizes, makes an instance
// of a cell for each layer, checks shapes symbolically and creates the
// operations. Names that resolution has found wrong give invalid values here,
// about which nothing more is said.
//===----------------------------------------------------------------------===//

#ifndef RNNC_FRONTENDS_TEXT_ELABORATOR_H
#define RNNC_FRONTENDS_TEXT_ELABORATOR_H

#include "frontends/text/AST.h"
#include "frontends/text/Builtins.h"
#include "frontends/text/Diagnostics.h"
#include "frontends/text/Emitter.h"
#include "frontends/text/Text.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

namespace rnnc::text {

/// One layer: a cell with its sizes and parameters.
struct Instance {
  std::string path;
  const CellDecl *cell = nullptr;
  const LayerStmt *decl = nullptr;
  /// From the brackets of the layer, then inferred at the first call.
  llvm::StringMap<Size> sizes;
  bool sizesBound = false;
  llvm::StringMap<Value> params;
  llvm::StringMap<std::unique_ptr<Instance>> layers;
  unsigned calls = 0;
  llvm::SMRange firstCall;
};

/// The names of a body while it is evaluated.
struct Frame {
  /// Null in a model.
  Instance *instance = nullptr;
  llvm::StringMap<std::unique_ptr<Instance>> *layers = nullptr;
  llvm::StringMap<Size> sizes;
  llvm::StringMap<Value> values;
  llvm::StringMap<Value> next;
  /// The layers called in this step.
  llvm::SmallPtrSet<Instance *, 4> called;
};

/// A recurrence under construction.
struct Recurrence {
  struct State {
    llvm::StringRef name;
    const Instance *owner = nullptr;
    Size size;
    mlir::Value init, next;
    rnn::InitialStateOp initial;
  };
  /// An initial value and where the call gives it.
  struct Given {
    Value value;
    llvm::SMRange range;
  };
  Instance *top = nullptr;
  llvm::StringMap<Given> given;
  llvm::SmallVector<State> states;
  bool failed = false;
};

/// What a call of a layer gives.
struct CallResult {
  llvm::SmallVector<Value> values, finalStates;
};

/// A declaration of the model, in the order of the descriptor.
struct Declaration {
  std::string name;
  mlir::Type type;
  mlir::Location loc;
  llvm::SMRange range;
};

struct ParamDecl : Declaration {
  std::string init;
  llvm::SmallVector<double> args;
  bool frozen = false;
};

struct InputDecl : Declaration {
  bool isTarget = false;
  std::optional<int64_t> vocabulary;
};

struct OutputDecl : Declaration {
  mlir::Value value;
};

struct StateDecl : Declaration {
  /// Null for a state of `shift` or `position`.
  Instance *owner = nullptr;
  rnn::InitialStateOp initial;
  mlir::Value final;
};

/// An input of the stream: an input of the model, or `shift` of one.
struct StreamInput {
  Identifier name;
  std::string symbol;
  /// Null unless the name is a shift.
  mlir::Value shift;
};

/// Two operands brought to one type, and a value of that kind and shape.
struct Pair {
  mlir::Value lhs, rhs;
  Value like;
};

class Elaborator {
public:
  Elaborator(const File &file, Diagnostics &diags, const Options &options,
             mlir::MLIRContext *context);

  /// Null after errors.
  mlir::OwningOpRef<mlir::ModuleOp> run(const ModelDecl &model);

private:
  // Models (ElaborateModel.cpp).
  bool bindModelSizes();
  void declareInput(const InputStmt *stmt);
  void declareOutput(const OutputStmt *stmt);
  void declareLoss(const LossStmt *stmt);
  void declareMetric(const MetricStmt *stmt);
  void declareStream(const StreamStmt *stmt);
  std::optional<Value> evalReduced(const Expr *expr, Rule rule,
                                   llvm::StringRef what);

  // The module (ElaborateModule.cpp).
  mlir::OwningOpRef<mlir::ModuleOp> buildModule();
  void findTargetUsers();
  bool dependsOnTarget(mlir::Value value) const;
  void keepModelStates();
  bool checkOutputs();
  bool checkStream();
  bool checkStreamOutput(Identifier name, const OutputDecl &output);
  void createDeclarations(mlir::OpBuilder &builder);
  void createFunction(mlir::OpBuilder &builder, llvm::StringRef name,
                      bool isLoss);
  void warnWithoutEffect(rnn::ModelOp model);

  // Statements (ElaborateStmt.cpp).
  void runBody(llvm::ArrayRef<Stmt *> body);
  void runStmt(const Stmt *stmt);
  void runState(const StateStmt *stmt);
  void addState(Identifier name, const StateStmt *stmt, const Size &size);
  void reportInitial(Identifier name, const StateStmt *stmt, const Value &start,
                     const Size &size, llvm::SMRange at);
  void runParam(const ParamStmt *stmt);
  bool countParams(const ParamStmt *stmt, llvm::ArrayRef<Size> dims);
  bool evalInitialiser(const ParamStmt *stmt, llvm::ArrayRef<Size> dims,
                       ParamDecl &decl);
  bool checkInitialiser(const ParamStmt *stmt, llvm::ArrayRef<Size> dims,
                        const ParamDecl &decl);
  Value createParam(Identifier name, const ParamStmt *stmt,
                    llvm::ArrayRef<Size> dims);
  void runLayer(const LayerStmt *stmt);
  void runAssign(const AssignStmt *stmt);
  void runFor(const ForStmt *stmt);
  void assign(const Place &place, Value value, llvm::SMRange range);
  std::optional<double> evalNumber(const Expr *expr, Rule rule);

  // Sizes (ElaborateSize.cpp).
  std::optional<Size> evalSize(const Expr *expr);
  std::optional<Size> evalSizeBinary(const BinaryExpr *expr);
  /// A size of a shape: from 1 to 2^31 - 1.
  std::optional<Size> evalDim(const Expr *expr);
  bool checkDim(llvm::SMRange range, const Size &size);

  // Expressions (ElaborateExpr.cpp).
  Value eval(const Expr *expr);
  Value evalUnchecked(const Expr *expr);
  Value evalName(const NameExpr *expr);
  Value evalMatMul(const BinaryExpr *expr, const Value &lhs, const Value &rhs);
  Value evalConcat(const ConcatExpr *expr);
  Value evalSlice(const SliceExpr *expr);
  bool evalRange(const Range &range, const Size &whole, int64_t &offset,
                 Size &size);
  Value evalTranspose(const TransposeExpr *expr);

  // Arithmetic (ElaborateElementwise.cpp).
  Value evalNegate(const NegateExpr *expr);
  Value evalBinary(const BinaryExpr *expr);
  Value evalElementwise(const BinaryExpr *expr, const Value &lhs,
                        const Value &rhs);
  Value evalNumbers(const BinaryExpr *expr, double lhs, double rhs);
  /// Brings two operands, one of which may be a number, to one type; nothing,
  /// with an error, where shapes or time axes differ.
  std::optional<Pair> unify(const Value &lhs, const Expr *lhsExpr,
                            const Value &rhs, const Expr *rhsExpr,
                            llvm::SMLoc loc, llvm::StringRef op);
  bool unifyShapes(const Value &lhs, const Expr *lhsExpr, const Value &rhs,
                   const Expr *rhsExpr, llvm::SMLoc loc, llvm::StringRef op,
                   Value &like);
  Value comparable(const Value &value);
  mlir::Value emitCompare(char op, const Pair &pair);

  // Functions (ElaborateFunction.cpp).
  llvm::SmallVector<Value> evalCall(const CallExpr *expr);
  Value evalFunction(const CallExpr *expr, const Builtin &builtin);
  Value evalUnary(const CallExpr *expr, const Builtin &builtin,
                  const Value &operand);
  Value evalUnaryNumber(const CallExpr *expr, const Builtin &builtin,
                        double operand);
  llvm::SmallVector<Value> evalSplit(const CallExpr *expr);
  Value evalFill(const CallExpr *expr);
  Value evalDropout(const CallExpr *expr, bool isOfSequence);
  Value evalExtremum(const CallExpr *expr, bool isMax);

  // Losses and reductions (ElaborateLoss.cpp).
  Value evalTokenLoss(const CallExpr *expr, const Builtin &builtin);
  bool checkTokenLoss(const CallExpr *expr, const Builtin &builtin,
                      const Value &scores, const Value &tokens);
  Value evalBinaryCrossEntropy(const CallExpr *expr);
  Value evalReduction(const CallExpr *expr, bool isMean);
  mlir::Value emitReduction(mlir::Value operand, bool isMean);
  Value evalWeightedMean(const CallExpr *expr);

  // Along the time axis (ElaborateSequence.cpp).
  Value evalSequence(const CallExpr *expr, const Builtin &builtin);
  void noteAxisUse(const Value &operand, const Builtin &builtin);
  Value evalPick(const Value &operand, bool isLast);
  Value evalReverse(const Value &operand);
  Value evalShift(const CallExpr *expr, const Value &operand);
  Value evalTokenShift(const CallExpr *expr, const Value &operand,
                       const Value &fill);
  Value evalPosition(Level level);
  Value evalRepeat(const CallExpr *expr, Level level);
  mlir::Value scanState(llvm::StringRef function, llvm::StringRef axis,
                        mlir::ValueRange inputs, mlir::Value init, bool isOwn,
                        llvm::function_ref<mlir::Value(mlir::Block &)> next);

  // Layers (ElaborateCall.cpp).
  CallResult callLayer(const CallExpr *expr);
  Instance *findLayer(const CallExpr *expr);
  bool bindSizes(Instance &instance, const CallExpr *expr,
                 llvm::ArrayRef<Value> args);
  bool checkInputs(Instance &instance, const CallExpr *expr,
                   llvm::ArrayRef<Value> args);
  bool checkSequence(const Instance &instance, const CallExpr *expr,
                     llvm::ArrayRef<Value> args);
  std::optional<Size> evalInputSize(Instance &instance, const Expr *dim);
  llvm::SmallVector<Value> inlineCell(Instance &instance, const CallExpr *expr,
                                      llvm::ArrayRef<Value> args);
  CallResult runRecurrence(Instance &instance, const CallExpr *expr,
                           llvm::ArrayRef<Value> args);
  bool evalGiven(const CallExpr *expr, Recurrence &recurrence);
  CallResult createScan(Recurrence &recurrence, mlir::Block *body,
                        llvm::StringRef axis,
                        llvm::ArrayRef<mlir::Value> inputs,
                        llvm::ArrayRef<Value> results);

  // Reporting.
  void error(llvm::SMRange range, Rule rule, const llvm::Twine &message) {
    error(range.Start, rule, message, range);
  }
  /// Adds in which layer it happened.
  void error(llvm::SMLoc loc, Rule rule, const llvm::Twine &message,
             llvm::ArrayRef<llvm::SMRange> ranges);
  /// A note on where the shape was written, unless that is `at` itself.
  void noteOrigin(const Value &value, llvm::SMRange at);
  static std::string describe(const Value &value);
  /// "0.25"; digits as far as they matter.
  static std::string formatNumber(double number);
  static Size sizeOf(const Value &vector);
  mlir::Location locationOf(llvm::SMLoc loc);
  /// False, with an error, after too many steps.
  bool spend(llvm::SMRange range);
  /// False, with an error, when the value is no vector or a sum or mean.
  bool requirePlain(const Value &value, const Expr *expr,
                    llvm::StringRef where);
  /// False, with an error, when the value is no vector or matrix.
  bool requireArray(const Value &value, const Expr *expr,
                    llvm::StringRef where);
  /// False, with an error, when the value is no vector.
  bool requireVector(const Value &value, const Expr *expr,
                     llvm::StringRef where);
  std::optional<Level> requireLevel(const Value &value, const Expr *expr);

  const File &file;
  Diagnostics &diags;
  const Options &options;
  mlir::MLIRContext *context;
  Emitter emitter;
  const ModelDecl *model = nullptr;
  Frame *frame = nullptr;
  Recurrence *recurrence = nullptr;
  unsigned spent = 0;
  bool exhausted = false;
  uint64_t elements = 0;

  llvm::StringMap<std::unique_ptr<Instance>> modelLayers;
  llvm::SmallVector<std::string> axes;
  llvm::SmallVector<ParamDecl> params;
  llvm::SmallVector<InputDecl> inputs;
  llvm::SmallVector<OutputDecl> outputs, metrics;
  llvm::SmallVector<StateDecl> states;
  mlir::Value loss;
  llvm::SMRange lossRange;
  const StreamStmt *stream = nullptr;
  llvm::SmallVector<StreamInput> streamInputs;
  /// How many states each function has, for their names.
  llvm::StringMap<unsigned> functionStates;
  int64_t dropoutSites = 0;
  /// Inputs and targets that name an axis for a function along it.
  llvm::StringSet<> axisUses;
  llvm::DenseSet<mlir::Operation *> targetUsers;
};

} // namespace rnnc::text

#endif
