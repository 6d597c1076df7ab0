/* How an order to preserve is placed, compiled and kept while objects come and go: the protocol of the page Holds in
   Sources/Catalog/Catalog.docc. Transactions are atomic: one writer at a time. A hold has one clause; what it takes in
   is given by FITS. The bad state: an object is destroyed by a transaction that began after the hold had taken effect.

   Two guards keep it away, and the model shows what each does when it is taken out:
     NO_SECOND_DECISION   destruction trusts what it read before its transaction
     NO_COMPILED_GUARD    what the clause takes in, and what is not compiled yet, is destroyed without asking the clause
     NO_PIN_ON_INSERT     what arrives is not asked about when it comes */

#define N 3            /* objects: two that are there, one that comes */
#define FITS(o) ((o) != 1)

bool placed = false;        /* hold and clause are committed: the order has taken effect */
byte compiled = 0;          /* objects below it are pinned where they fit */
byte compile_to = 0;        /* those that were there when the clause was made */
bool there[N];
bool pinned[N];
bool seen[N];               /* the clause was asked when it came */
bool destroyed[N];
bool bad = false;
byte count = 2;             /* objects that have come */

inline held(o, answer) {
    answer = false;
    if
    :: pinned[o] -> answer = true
    :: else -> skip
    fi;
#ifndef NO_COMPILED_GUARD
    if
    :: placed && !seen[o] && o >= compiled && FITS(o) -> answer = true
    :: else -> skip
    fi
#endif
}

/* The lawyer: one transaction. */
proctype Place() {
    atomic { placed = true; compile_to = count }
}

/* The job: pins batch after batch, and never says that it is further than it is. */
proctype Compile() {
    do
    :: atomic {
        placed && compiled < compile_to ->
        if
        :: there[compiled] && FITS(compiled) -> pinned[compiled] = true
        :: else -> skip
        fi;
        compiled++
    }
    :: atomic { placed && compiled >= compile_to -> break }
    od
}

/* An answer of the vendor: the object is pinned in the transaction in which it comes. */
proctype Arrive() {
    atomic {
        there[2] = true;
        count = 3;
#ifndef NO_PIN_ON_INSERT
        if
        :: placed && FITS(2) -> pinned[2] = true
        :: else -> skip
        fi;
#endif
        if
        :: placed -> seen[2] = true
        :: else -> skip
        fi
    }
}

/* A purge: reads what is due, then destroys each in a transaction that decides again. */
proctype Purge(byte o) {
    bool answer;
    bool due;
    bool effective;
    there[o];
    atomic { held(o, answer); due = !answer }
    if
    :: due ->
        atomic {
            effective = placed;
#ifndef NO_SECOND_DECISION
            held(o, answer);
            due = !answer;
#endif
            if
            :: due ->
                destroyed[o] = true;
                if
                :: effective && FITS(o) -> bad = true
                :: else -> skip
                fi
            :: else -> skip
            fi
        }
    :: else -> skip
    fi
}

init {
    atomic {
        there[0] = true;
        there[1] = true;
        run Place();
        run Compile();
        run Arrive();
        run Purge(0);
        run Purge(1);
        run Purge(2)
    }
}

ltl safe { [] !bad }
