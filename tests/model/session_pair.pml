/* The session pair, to be checked exhaustively by SPIN: a gateway whose table decides, a client
 * that follows it, a network that owes nobody anything, and a gateway process that may be killed.
 *
 * Rows are those of session/transition_table.cc; both ends run it. A tick stands for the time in
 * which whoever lives notices what changed; limits are counted in ticks. The network is a set:
 * every request and answer ever sent can arrive now, again, late or never, in any order, so that
 * losing, reordering, doubling, withholding and replaying need no actions of their own. Only once
 * all faults are spent and every path is whole again must a message arrive within its tick.
 *
 * Left out: loss accounts and ranking (any good path may be the target), the switch cap, policy,
 * data packets, the handshake.
 *
 * A WITHOUT_… macro plants a fault; check.py proves that each one is found. */

#define PATHS  2
#define NONE   2 /* no path */
#define WINDOW 2 /* recovery_window_ms */
#ifndef TTL
#define TTL    4 /* transport_lost_ttl_ms */
#endif
#define FRESH  1 /* reattach_proof_max_age_ms */
#define LIMIT  1 /* max_validation_failures */
#define CALM   3 /* ticks after healing in which both must agree */
#define KEPT   2 /* requests that the network remembers */
#ifndef FAULTS
#define FAULTS 1 /* cuts, complaints, forgeries, restarts, commands; not what the network loses */
#endif

mtype = { ATTACHED, VOLATILE, DEGRADED, RECOVERING, TERMINATED };

typedef End {
  mtype state = ATTACHED;
  byte bound = 0;
  byte epoch = 1;      /* binding_epoch */
  byte target = NONE;  /* of the attempt */
  byte transportless;  /* ticks */
  byte window;         /* ticks in RECOVERING */
  bit retargeted;
  bit cooling;
  bit asks;            /* within a step: the attempt's target is new */
  bit ended;           /* teardown was done */
  bit knows[PATHS];    /* eligible candidates, as this end sees them */
};
End gw, cl;

typedef Request {
  byte path;
  byte epoch;
  bit quality;   /* cause; else dead */
  bit instance;  /* of the token: the gateway process that stamped it */
  byte age;      /* of the token, in ticks */
  bit denied;
};
Request req[KEPT];
byte sent;         /* requests in req; a counter is a position + 1, 0 is none */
byte out;          /* client: counter of the outstanding request */
bit spent;         /* client: it was denied */
bit token;         /* client: instance of its newest token */
bit granted;       /* client: an ACK waits for RECOVERING */

byte greatest;     /* gateway: greatest counter taken */
byte previous;     /* gateway: path of the last commit */
bit instance;      /* gateway: which process */
bit unsaved;       /* gateway: the last commit is not in the store yet */
bit marked;        /* gateway: the attempt (R2m) */
byte failures;     /* gateway: counted */
bit acked;         /* network: an ACK that bears gw.epoch */
byte solicited = NONE; /* network: the newest SOLICIT: path, epoch, cause, not obeyed yet */
byte solicit_epoch;
bit solicit_quality;
bit solicit_new;

bit forth[PATHS] = 1; /* client to gateway */
bit back[PATHS] = 1;
byte faults = FAULTS;
bit restarted;
byte calm; /* ticks since everything healed */

#define Live(e)   (e.state != TERMINATED)
#define Waits(e)  (e.state == VOLATILE || e.state == DEGRADED)
#define Whole(p)  (forth[p] && back[p])
#define Healed    (faults == 0 && Whole(0) && Whole(1))
#define Agreed    (gw.state == cl.state && (gw.state == TERMINATED || \
                   (gw.state == ATTACHED && gw.epoch == cl.epoch && gw.bound == cl.bound)))

/* What must hold at every instant: one binding, epochs that never go back (K4); the end is the end
 * (K8); an attempt and a stay without a transport are bounded (K7). */
#define OneBinding   (gw.state != ATTACHED || cl.state != ATTACHED || gw.epoch != cl.epoch || \
                      gw.bound == cl.bound)
#define EpochsMeet   (gw.epoch == cl.epoch || gw.epoch == cl.epoch + 1)
#define Absorbing(e) (!e.ended || (e.state == TERMINATED && e.bound == NONE))
#define Bounded(e)   (!Live(e) || (e.window <= WINDOW && e.transportless <= TTL + 1))

inline Teardown(e) {
  e.state = TERMINATED; e.bound = NONE; e.target = NONE; e.ended = 1;
  e.transportless = 0; e.window = 0; e.cooling = 0; e.retargeted = 0
}

inline Open(e, p) { /* V1, D1 */
  e.state = RECOVERING; e.target = p; e.window = 0; e.retargeted = 0; e.asks = 1
}

inline Fail(e) { /* R6, R7 */
  e.state = DEGRADED; e.target = NONE; e.window = 0; e.cooling = 1
}

/* EVAL in VOLATILE and DEGRADED; `wish` comes first if it is a candidate (SOLICIT). */
inline Eval(e, wish) {
  if
  :: !e.knows[0] && !e.knows[1] && e.bound == NONE -> e.state = DEGRADED /* V2, D2 */
  :: !e.knows[0] && !e.knows[1] && e.bound != NONE                      /* V3, D2 */
  :: (e.knows[0] || e.knows[1]) && e.cooling                             /* V5, D4 */
  :: e.knows[0] && !e.cooling && (wish != 1 || !e.knows[1]) -> Open(e, 0)
  :: e.knows[1] && !e.cooling && (wish != 0 || !e.knows[0]) -> Open(e, 1)
  fi
}

inline Lose(e) {
  e.knows[e.bound] = 0; e.bound = NONE; e.transportless = 0
}

/* The binding or the target went silent: A1, V8, D6, R8, then R5 or R6. */
inline Silence(e, p, wish) {
  e.knows[p] = 0;
  if
  :: e.bound == p ->
     Lose(e);
     if
     :: e.state == ATTACHED -> e.state = VOLATILE; Eval(e, wish)
     :: Waits(e) -> Eval(e, wish)
     :: e.state == RECOVERING
     fi
  :: else
  fi;
  if
  :: e.state == RECOVERING && e.target == p ->
     if
     :: e.knows[1 - p] && !e.retargeted -> e.target = 1 - p; e.retargeted = 1; e.asks = 1 /* R5 */
     :: else -> Fail(e) /* R6 */
     fi
  :: else
  fi
}

inline Notice(e, p, alive) {
  if
  :: alive -> e.knows[p] = 1; if :: Waits(e) -> Eval(e, NONE) :: else fi /* V10, D8 */
  :: else -> Silence(e, p, NONE)
  fi
}

inline Unstable(e, wish) { /* A2 */
  e.knows[e.bound] = 0; e.state = VOLATILE; Eval(e, wish)
}

/* ---- gateway ---- */

inline ForgetSolicit() {
  solicit_new = 0; solicited = NONE; solicit_epoch = 0; solicit_quality = 0
}

inline GatewayEnds() {
  Teardown(gw); ForgetSolicit(); marked = 0; failures = 0; unsaved = 0; acked = 0; previous = 0
}

/* After a step: an attempt announces itself, a marked one that failed is counted. */
inline GatewaySettles() {
  if
  :: gw.asks -> gw.asks = 0; solicited = gw.target; solicit_epoch = gw.epoch;
     solicit_quality = (gw.bound != NONE); solicit_new = 1
  :: else
  fi;
  if
  :: marked && gw.state == DEGRADED && failures == LIMIT -> GatewayEnds() /* R3m */
  :: marked && gw.state == DEGRADED && failures < LIMIT -> marked = 0; failures++ /* R6m, R7m */
  :: else
  fi
}

inline Commit(i) { /* R1 */
  assert(req[i].epoch == cl.epoch); /* a stale request never moves the binding */
  gw.state = ATTACHED; gw.bound = req[i].path; gw.knows[req[i].path] = 1;
  gw.epoch++; gw.target = NONE; gw.transportless = 0; gw.window = 0; gw.retargeted = 0;
  gw.cooling = 1; marked = 0; previous = req[i].path; unsaved = 1; acked = 0;
  ForgetSolicit();
#ifdef WITHOUT_STORE_BEFORE_ACK
  acked = 1
#endif
}

/* What was taken and is not waited for can only be denied: its content no longer matters. */
inline Spend(i) {
  if
  :: sent > i && i + 1 <= greatest && i + 1 != out ->
     req[i].epoch = 0; req[i].quality = 0; req[i].instance = 0; req[i].age = FRESH + 1;
     req[i].denied = 0
  :: else
  fi
}

/* Older requests are not waited for. */
inline Deny(i) { if :: out == i + 1 -> req[i].denied = 1 :: else fi }

inline Judge(i) {
  fresh = i + 1 > greatest && req[i].age <= FRESH && req[i].instance == instance;
#ifdef WITHOUT_EPOCH_CHECK
  present = 1;
#else
  present = req[i].epoch == gw.epoch;
#endif
  if :: i + 1 > greatest -> greatest = i + 1 :: else fi;
  if
  :: gw.state == TERMINATED /* G8: the answer is CLOSE */
  :: Live(gw) && fresh && !present && req[i].epoch + 1 == gw.epoch -> /* E1: its ACK was lost */
     if :: !unsaved -> acked = 1 :: else fi
  :: Live(gw) && !fresh && gw.state != RECOVERING -> Deny(i) /* A4, V12, D10 */
  :: gw.state == RECOVERING && !fresh && req[i].path == gw.target -> marked = 1; Deny(i) /* R2m */
  :: gw.state == RECOVERING && !fresh && req[i].path != gw.target -> Deny(i) /* R9 */
  :: gw.state == RECOVERING && fresh && present -> Commit(i)
  :: gw.state != RECOVERING && Live(gw) && fresh && present ->
     if
     :: gw.state == ATTACHED && req[i].quality -> gw.knows[gw.bound] = 0; /* A6 */
        gw.state = VOLATILE
     :: gw.state == ATTACHED && !req[i].quality -> Lose(gw); gw.state = VOLATILE /* A5 */
     :: else
     fi;
     if /* V11, D9: into RECOVERING and granted, unless the cooldown holds */
     :: gw.cooling -> gw.knows[req[i].path] = 1; Deny(i)
     :: else -> Commit(i)
     fi
  :: else -> Deny(i) /* E1 */
  fi;
  fresh = 0; present = 0
}

/* The process dies and is started again from its store: X1 to X4. */
inline Restart() {
  restarted = 1; instance = 1 - instance;
  gw.knows[0] = 0; gw.knows[1] = 0; greatest = 0; marked = 0;
  if
  :: unsaved -> gw.epoch--; unsaved = 0;
     if :: solicit_epoch > gw.epoch -> ForgetSolicit() :: else fi
  :: else
  fi;
  if
  :: gw.bound != NONE -> gw.bound = NONE; gw.transportless = 0 /* X1, X2 */
  :: else
  fi;
  if
  :: gw.state == RECOVERING -> Fail(gw) /* X3 */
  :: else -> gw.state = DEGRADED        /* X4; X1 meets V2 in the same step */
  fi
}

#define GatewayErrs(p) (Live(gw) && (gw.knows[p] != forth[p] || (gw.bound == p && !forth[p])))

active proctype Gateway() {
  byte i;
  bit fresh, present;
end:
  do
  :: atomic {
       if
       :: GatewayErrs(0) || GatewayErrs(1) ->
          if :: GatewayErrs(0) :: GatewayErrs(1) -> i = 1 fi;
          Notice(gw, i, forth[i])
       :: faults > 0 && gw.state == ATTACHED && gw.knows[gw.bound] -> faults--; Unstable(gw, NONE)
       :: sent > 0 -> if :: true :: sent > 1 -> i = 1 fi; Judge(i)
       :: unsaved -> unsaved = 0; acked = 1
       :: faults > 0 && gw.state == RECOVERING && !marked -> faults--; marked = 1 /* R2m: forged */
       :: Live(gw) && faults > 0 -> faults--; GatewayEnds() /* G3, G4 */
       :: Live(gw) && !Live(cl) -> GatewayEnds()            /* G5 */
       :: Live(gw) && faults > 0 && !restarted -> faults--; Restart()
       fi;
       GatewaySettles(); Spend(0); Spend(1); i = 0 }
  od
}

/* ---- client ---- */

inline ClientEnds() { Teardown(cl); granted = 0; out = 0; spent = 0 }

inline Compose() {
  if
  :: sent == KEPT -> /* the network forgets the oldest */
     req[0].path = req[1].path; req[0].epoch = req[1].epoch; req[0].quality = req[1].quality;
     req[0].instance = req[1].instance; req[0].age = req[1].age; req[0].denied = req[1].denied;
     if :: greatest > 0 -> greatest-- :: else fi;
     sent--
  :: else
  fi;
  req[sent].path = cl.target; req[sent].epoch = cl.epoch; req[sent].quality = (cl.bound != NONE);
  req[sent].instance = token; req[sent].age = 0; req[sent].denied = 0;
  sent++; out = sent; spent = 0
}

/* R1 as the client reads it: the gateway's commit, already made. It waits for RECOVERING. */
inline Follow() {
  cl.state = ATTACHED; cl.bound = previous; cl.epoch++; cl.target = NONE; cl.transportless = 0;
  cl.window = 0; cl.retargeted = 0; cl.cooling = 1; cl.asks = 0; granted = 0;
  acked = 0; previous = 0;
  if :: !cl.knows[cl.bound] -> Silence(cl, cl.bound, NONE) :: else fi
}

/* After a step: a new attempt takes what was granted, or asks. */
inline ClientSettles() {
  if :: cl.state == RECOVERING && granted -> Follow() :: else fi;
  if
  :: cl.asks -> cl.asks = 0; Compose()
  :: cl.state != RECOVERING -> out = 0; spent = 0
  :: else
  fi
}

#define ClientErrs(p) (Live(cl) && (cl.knows[p] != Whole(p) || (cl.bound == p && !Whole(p))))
#define AckOut  (acked && Live(cl) && !granted && gw.epoch == cl.epoch + 1)
#define SolicitOut (solicit_new && Live(cl) && solicit_epoch == cl.epoch && \
                    !(unsaved && solicit_epoch == gw.epoch))

inline Obey() {
  if
  :: cl.state == RECOVERING /* its own request wins */
  :: cl.state != RECOVERING && !solicit_quality && cl.bound != NONE && cl.bound != solicited ->
     Silence(cl, cl.bound, solicited)
  :: cl.state == ATTACHED && (solicit_quality || cl.bound == solicited) -> Unstable(cl, solicited)
  :: Waits(cl) && (solicit_quality || cl.bound == solicited || cl.bound == NONE) ->
     Eval(cl, solicited)
  fi;
  ForgetSolicit()
}

active proctype Client() {
  byte p;
end:
  do
  :: atomic {
       if
       :: ClientErrs(0) || ClientErrs(1) ->
          if :: ClientErrs(0) :: ClientErrs(1) -> p = 1 fi;
          Notice(cl, p, Whole(p))
       :: faults > 0 && cl.state == ATTACHED && cl.knows[cl.bound] -> faults--; Unstable(cl, NONE)
       :: AckOut -> granted = 1
       :: out > 0 && !spent && req[out - 1].denied -> spent = 1
       :: SolicitOut -> Obey()
       :: Live(cl) && !Live(gw) -> ClientEnds() /* G5 */
       fi;
       ClientSettles(); Spend(0); Spend(1); p = 0 }
  od
}

/* ---- network and time ---- */

active proctype World() {
  byte p;
end:
  do
  :: atomic { faults > 0 && (Live(gw) || Live(cl)) && (Whole(0) || Whole(1)) ->
       if :: Whole(0) :: Whole(1) -> p = 1 fi;
       faults--;
       if :: forth[p] = 0 :: back[p] = 0 fi; /* who is not heard hears no answer either */
       p = 0 }
  :: atomic { !Whole(0) -> forth[0] = 1; back[0] = 1 }
  :: atomic { !Whole(1) -> forth[1] = 1; back[1] = 1 }
  od
}

/* Silence is noticed, the store has written, a token came: what a tick leaves behind. */
#define Noticed (!GatewayErrs(0) && !GatewayErrs(1) && !ClientErrs(0) && !ClientErrs(1) && \
                 !unsaved)
/* No message is still under way. */
#define Delivered (Live(gw) == Live(cl) && !AckOut && \
                   !(cl.state == RECOVERING && out > 0 && !spent && \
                     (greatest < out || req[out - 1].denied)) && \
                   !(gw.state == RECOVERING && SolicitOut))

inline Age(i) { if :: sent > i && req[i].age <= FRESH -> req[i].age++ :: else fi }

inline CountTransportless(e) { if :: Live(e) && e.bound == NONE -> e.transportless++ :: else fi }

/* Due timers in their order: transport_ttl (G2) before, then recovery (R7), eval. */
inline Tick(e) {
  if :: e.state != RECOVERING -> e.cooling = 0 :: else fi;
  if
  :: e.state == RECOVERING -> e.window++;
#ifndef WITHOUT_RECOVERY_TIMER
     if :: e.window > WINDOW -> Fail(e) :: else fi
#endif
  :: Waits(e) -> Eval(e, NONE)
  :: else
  fi
}

active proctype Clock() {
  do
  :: atomic { Noticed && (!Healed || Delivered) ->
       if
       :: Healed -> assert(calm < CALM || Agreed); if :: calm < CALM -> calm++ :: else fi
       :: else -> calm = 0
       fi;
       Age(0); Age(1);
       if :: Live(cl) && (Whole(0) || Whole(1)) -> token = instance :: else fi; /* PROBE_REPLY */
       CountTransportless(gw);
       if :: gw.transportless > TTL -> GatewayEnds() :: else fi;
       Tick(gw); GatewaySettles();
       CountTransportless(cl);
       if :: cl.transportless > TTL + 1 -> ClientEnds() :: else fi;
       Tick(cl);
       if
       :: cl.state == RECOVERING && !cl.asks && out > 0 && (spent || req[out - 1].age > 0) ->
          cl.asks = 1 /* a new counter and the newest token */
       :: else
       fi;
       ClientSettles(); Spend(0); Spend(1) }
  :: atomic { !Live(gw) && !Live(cl) -> break }
  od
}

active proctype Always() {
end:
  do
  :: atomic { !(OneBinding && EpochsMeet && Absorbing(gw) && Absorbing(cl) && Bounded(gw) &&
                Bounded(cl)) ->
       assert(OneBinding); assert(EpochsMeet); assert(Absorbing(gw) && Absorbing(cl));
       assert(Bounded(gw) && Bounded(cl)) }
  od
}

init { atomic { gw.knows[0] = 1; gw.knows[1] = 1; cl.knows[0] = 1; cl.knows[1] = 1 } }
